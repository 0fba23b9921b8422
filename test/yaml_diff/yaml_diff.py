#!/usr/bin/env python3
"""yaml_diff.py: the YAML subset against PyYAML, on files that a seed makes.

What yaml_mini takes must mean the same to PyYAML (types aside: every scalar is a string), both to its
own parser and to libyaml. What it refuses it must refuse by a name out of NAMES, at a place that is
there. What the maker wrote inside the subset must be taken, and mean what was written.
Differences are kept in test/yaml_diff/cases/, which every run reads first."""

import argparse
import hashlib
import os
import random
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BATCH = 4000
SHOWN = 20

try:
    import yaml
    LIBYAML = getattr(yaml, 'CBaseLoader', None)
except ImportError:
    print('SKIP yaml_diff: %s has no yaml (Debian: apt-get install python3-yaml)' % sys.executable)
    print('0 passed, 0 failed')
    sys.exit(0)

sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import yaml_make  # noqa: E402
from yaml_make import EMPTY, Map, Text  # noqa: E402

# The names of what is refused, and which bytes must stand where the error points; None: any.
NAMES = {
    'anchors (&)': b'&', 'aliases (*)': b'*', 'tags (!)': b'!', 'block scalars (| and >)': b'|>',
    'inline maps {}': b'{', 'merge keys (<<)': b'<', 'directives (%)': b'%', 'complex keys (?)': b'?',
    'a list cannot stand here': b'[', 'a comment cannot stand here': b'#', 'tab outside of quotes': b'\t',
    'tab used for indentation': b'\t', 'a text cannot start with this character': b'%@`,]}',
    'an item cannot start with this character': b'?:-', 'a list item cannot stand here': b'-',
    "no key before ':'": b':', "no space behind ':'": b':', "space before ':'": b' ', "second ': '": None,
    'wrong escape': b'\\', 'no closing quote': b'"\'', 'may follow a closing quote': None,
    "no ': ' found": None, "no '- ' found": None, 'a list item where a key should stand': b'-',
    'key longer than 64 bytes': None, 'key set twice': None, 'more than 256 keys': None,
    'more than 8 levels': None, "may follow ']'": None, 'lists in an inline list': b'[',
    'keys in an inline list': b':', "the inline list has no ']'": None,
    'cannot stand in an inline list': b'[{}?:', "the end mark '...' before any entry": b'.',
    'a second document': b'-', "' # a comment' may stand here": None, "text behind the end mark '...'": None,
    'more indented than its section': None, 'less indented than the first line': None,
    'file larger than 64 KiB': None, 'line longer than 1024 bytes': None, 'NUL byte': b'\0',
    'a carriage return without a line feed': b'\r', 'control character': None, 'a Unicode line break': b'\xc2\xe2',
    'a byte order mark inside the file': b'\xef', 'not a character of Unicode': b'\xef', 'not UTF-8': None,
}


def run(program, files):
    """What yaml_mini finds in each file: (errors, events)."""
    feed = b''.join(struct.pack('>I', len(f)) + f for f in files)
    done = subprocess.run([program], input=feed, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit('%s ended with %d' % (program, done.returncode))
    errors, events = [], []
    for line in done.stdout.split(b'\n'):
        if line == b'.':
            yield errors, events
            errors, events = [], []
        elif line[:1] == b'!':
            _, at, row, column, text = line.split(b' ', 4)
            errors.append((int(at), int(row), int(column), text.decode('ascii')))
        elif line:
            kind, depth, quoted, key, value = line.split(b' ')
            events.append((kind, int(depth), int(quoted), bytes.fromhex(key[1:].decode()).decode(),
                           bytes.fromhex(value[1:].decode()).decode()))


def tree_of(events):
    """The tree that the entries stand for; None for a file without any."""
    if not events:
        return None
    root = [] if events[0][1] == 0 else Map()
    blocks = [root]
    for kind, depth, quoted, key, value in events:
        if depth == 0:
            continue
        if kind == b'V':
            new = Text(value)
            new.quoted = bool(quoted)
        else:
            new = {b'E': EMPTY, b'S': Map(), b'L': []}[kind]
        del blocks[depth:]
        parent = blocks[depth - 1]
        parent.append((key, new) if isinstance(parent, Map) else new)
        blocks.append(new)
    return root


def tree_of_node(node):
    """The tree of what PyYAML has composed."""
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        return Map((tree_of_node(k), tree_of_node(v)) for k, v in node.value)
    if isinstance(node, yaml.SequenceNode):
        return [tree_of_node(v) for v in node.value]
    text = Text(node.value)
    text.quoted = node.style in ('"', "'")
    return text if text or text.quoted else EMPTY


def same(a, b):
    """Whether two trees are the same, quotes of values included."""
    if isinstance(a, Map) or isinstance(b, Map):
        return (isinstance(a, Map) and isinstance(b, Map) and len(a) == len(b) and
                all((str(x) if x != EMPTY else x) == (str(y) if y != EMPTY else y) and same(v, w)
                    for (x, v), (y, w) in zip(a, b)))
    if isinstance(a, list) or isinstance(b, list):
        return (isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and
                all(same(x, y) for x, y in zip(a, b)))
    if isinstance(a, Text) and isinstance(b, Text):
        return str(a) == str(b) and a.quoted == b.quoted
    return a == b


def compose(data, loader):
    """(tree, why it is refused)."""
    try:
        return tree_of_node(yaml.compose(data, Loader=loader)), None
    except (yaml.YAMLError, UnicodeError) as error:
        return None, ' '.join(str(error).split())


def judge_errors(data, errors):
    """What is wrong with the way in which a file is refused, or None."""
    rows = data.count(b'\n') + 1
    for at, row, column, text in errors:
        names = [n for n in NAMES if n in text]
        if not names:
            return 'refused without a name: ' + text
        if '; ' not in text:
            return 'refused without advice: ' + text
        if not 1 <= row <= rows or column < 1 or at > len(data):
            return 'refused at a place that is not there: %d:%d' % (row, column)
        want = NAMES[names[0]]
        if want is not None and (at >= len(data) or data[at:at + 1] not in [want[i:i + 1] for i in range(len(want))]):
            return 'refused as "%s" at byte %d, which is another one' % (names[0], at)
    return None


def judge(data, tree, errors, events):
    """What is wrong with how a file was read, or None."""
    if errors:
        if tree is not None:
            return 'refused, but it is of the subset: ' + errors[0][3]
        return judge_errors(data, errors)
    ours = tree_of(events)
    if tree is not None and not same(ours, tree):
        return 'taken for %r, but written was %r' % (ours, tree)
    for loader in (LIBYAML, yaml.BaseLoader):
        if loader is None:
            continue
        theirs, why = compose(data, loader)
        if why:
            return 'taken for %r, but %s refuses it: %s' % (ours, loader.__name__, why)
        if not same(ours, theirs) and not (ours is None and theirs == EMPTY):
            return 'taken for %r, but %s reads %r' % (ours, loader.__name__, theirs)
    return None


def kept_cases():
    folder = os.path.join(HERE, 'cases')
    for name in sorted(os.listdir(folder)):
        if not name.startswith('.'):
            with open(os.path.join(folder, name), 'rb') as f:
                yield f.read(), None


def fixed_files(originals):
    """The files that are the same for every seed."""
    yield from kept_cases()
    for data in originals:
        yield data, None
    yield from yaml_make.limits()
    yield from yaml_make.specials()


def files(seed, count):
    """First the fixed files, then `count` that the seed makes."""
    rng = random.Random(seed)
    originals = []
    with open(os.path.join(ROOT, 'wsrelay.yaml'), 'rb') as f:
        originals.append(f.read())
    with open(os.path.join(ROOT, 'test', 'unit_yaml.c'), encoding='utf-8') as f:
        originals += yaml_make.unit_cases(f.read())
    yield from fixed_files(originals)
    for _ in range(count):
        kind = rng.random()
        if kind < 0.25:
            yield yaml_make.Writer(rng).file()
        elif kind < 0.45:
            yield yaml_make.short(rng).encode(), None
        elif kind < 0.7:
            yield yaml_make.lines(rng).encode(), None
        elif kind < 0.85:
            yield yaml_make.change(rng, yaml_make.Writer(rng).file()[0]), None
        else:
            yield yaml_make.change(rng, rng.choice(originals) if kind < 0.97 else originals[0]), None


def keep(data):
    """Keeps a small file that was read wrongly as a case of its own."""
    if len(data) < 2000:
        name = hashlib.sha1(data).hexdigest()[:12]
        with open(os.path.join(HERE, 'cases', name), 'wb') as f:
            f.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--files', type=int, default=20000, help='how many to make (20000)')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--program', default=os.path.join(HERE, 'events'))
    parser.add_argument('--keep', action='store_true', help='keep what differs in cases/')
    args = parser.parse_args()
    passed = failed = taken = shown = 0
    begun = last = time.time()
    batch = []

    def flush():
        nonlocal passed, failed, taken, shown
        for (data, tree), (errors, events) in zip(batch, run(args.program, [d for d, _ in batch])):
            why = judge(data, tree, errors, events)
            taken += not errors
            if not why:
                passed += 1
                continue
            failed += 1
            if args.keep:
                keep(data)
            if shown < SHOWN:
                shown += 1
                print('%r\n    %s' % (data[:300], why[:600]))
        batch.clear()

    for item in files(args.seed, args.files):
        batch.append(item)
        if len(batch) == BATCH:
            flush()
        if time.time() - last > 5:
            last = time.time()
            print('  %d files, %d differ, %.0f s' % (passed + failed, failed, last - begun), flush=True)
    flush()
    took = time.time() - begun
    print('seed %d: %d files, %d of them taken, %.1f s, %.0f files a second' %
          (args.seed, passed + failed, taken, took, (passed + failed) / took))
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
