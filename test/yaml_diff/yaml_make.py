"""yaml_make.py: makes files for yaml_diff.py: what the subset takes, what it refuses, and in between.

Each maker yields (bytes, tree): the tree is what the file means when the maker knows that the subset
takes it, otherwise None. Trees are lists, lists of (key, value) in a Map, Text, and EMPTY."""

import re

EMPTY = ('empty',)


class Map(list):
    """Keys in their order."""


class Text(str):
    """A value; .quoted says whether it stood in quotes."""
    quoted = False


# Each of these at each place of a plain text, a key, a quoted text and a comment.
SPECIAL = [c for c in '-?:,[]{}#&*!|>\'"%@`\\/<=~+.$^_;() \t\r\n'] + [
    '\r\n', '\x00', '\x01', '\x07', '\x08', '\x0b', '\x0c', '\x1b', '\x7f', '\x80', '\x85', '\x9f', '\xa0',
    '\xad', '\u2028', '\u2029', '\u200b', '\ufeff', '\ufffd', '\ufffe', '\uffff', '\ud7ff', '\ue000',
    '\U00010000', '\U0001f600', '\U0010ffff', ': ', ' :', ' #', '# ', '- ', '? ', ' -', '::', '...', '---',
    '<<', '\n ', '\n\n', '\n- ', '\n  ', '\\n', '\\x41', '\\u0000', '\\ud83d', '\\/', '\\e', "''", '""']

# {} is where a special text goes.
TEMPLATES = [
    'a: {}\n', 'a: {}b\n', 'a: b{}\n', 'a: b{}c\n', 'a: b {}c\n', 'a: b{} c\n', 'a: b {} c\n', '{}: a\n',
    '{}b: a\n', 'b{}: a\n', 'b{}c: a\n', 'b {}c: a\n', 'a: "{}"\n', 'a: "b{}c"\n', "a: '{}'\n", "a: 'b{}c'\n",
    '"{}": a\n', "'b{}': a\n", 'a: b #{}\n', '#{}\na: b\n', 'a:{} b\n', 'a{}: b\n', 'a: b{}', 'a:{}\n', '- {}\n',
    '- {}b\n', '-{}b\n', '- b{}\n', '- a: {}\n', '- - {}\n', 'a: [{}]\n', 'a: [{}b]\n', 'a: [b{}]\n', 'a: [b{}c]\n',
    'a: [b, {}c]\n', 'a: [b{}, c]\n', 'a: [b,{} c]\n', 'a: ["b"{}]\n', 'a: [b]{}\n', 'a: [b ]{}\n', 'a: "b"{}\n',
    "a: 'b'{}\n", '"a"{}: b\n', '"a":{}b\n', 'a:\n{}  b: c\n', 'a:\n  {}b: c\n', 'a:\n  b: c\n{}  d: e\n',
    'a:\n- b\n{}- c\n', 'a:\n  - b\n{}c: d\n', '{}a: b\n', '{}\na: b\n', '---{}\na: b\n', 'a: b\n...{}\n',
    'a: b\n{}\n', 'a: b\n{}', 'a: b\n---{}', '- a: b\n {}c: d\n', '- a: b\n  {}c: d\n', '{}- a\n- b\n', 'a:\n{}',
    'a:\n {}\n b: c\n', '? {}\n', 'a: &b{}\n', 'a: *b{}\n', 'a: !b{}\n', 'a: |{}\n  b\n', 'a: {{{}}}\n',
    'a: {{b: {}}}\n', '%{}\na: b\n', '---\n{}\n---\n', "a: {}b'\n", 'a: {}b"\n', 'a: b\n  {}\n', 'a: b\n{}c: d\n']


def specials():
    """All templates with all special texts: the part of the set that does not depend on the seed."""
    for template in TEMPLATES:
        for special in SPECIAL:
            text = template.format(special)
            yield text.encode('utf-8', 'surrogatepass'), None
            if '\n' in template[:-1]:
                yield text.replace('\n', '\r\n').encode('utf-8', 'surrogatepass'), None


def short(rng):
    """A few characters out of a few: every combination is near."""
    sets = ['ab:- \n#', 'a: \n"\\', "a: \n'#", 'a:, []\n', '- \na:?', 'a: \n\t-', 'a: \r\n#', 'ab: \n&*!|>{}%@`',
            '-.\n a:#', '[]",\' :a\n-#', 'a:\n \x85\u2028\ufeff']
    chars = rng.choice(sets)
    return ''.join(rng.choice(chars) for _ in range(rng.randint(1, 14)))


TOKENS = ['a', 'b', 'key', 'key: ', 'k: v', ': ', ':', '- ', '-', '#', ' # c', "'", '"', '\\', '[', ']', ', ',
          ',', '{', '}', '&x ', '*x', '!t ', '!!str ', '|', '>', '>-', '? ', '%', '@', '`', '---', '...', '\t',
          '\r', '~', 'null', '<<: ', '<<', '=', '1', '0x1F', '12:30', 'yes', 'a b', "'q'", '"q"', "''", '""',
          '"\\n"', '"\\x41\\u20ac"', '[a, b]', '[]', '{}', '\u00e9', '\u0085', '\u2028', '\ufeff', '  ', ' ']


def lines(rng):
    """Lines out of tokens, at columns that often fit together."""
    out = []
    for _ in range(rng.randint(1, 7)):
        out.append(' ' * rng.choice([0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 6]))
        kind = rng.random()
        if kind < 0.45:
            out.append(rng.choice('abcde') + rng.choice([':', ': ', ':  ', ' : ', ':\t']))
        elif kind < 0.65:
            out.append('- ')
        elif kind < 0.75:
            out.append('- ' + rng.choice('abc') + ': ')
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3, 5])):
            out.append(rng.choice(TOKENS))
        out.append(rng.choice(['\n', '\n', '\n', '\n', '\n', '\r\n', '\n\n', '\n#\n', '\r', '']))
    return ''.join(out)


def change(rng, data):
    """A file with a few bytes or lines changed."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        how = rng.randrange(9)
        at = rng.randint(0, len(data))
        rows = data.split(b'\n')
        row = rng.randrange(len(rows))
        if how == 0:
            data = data[:at] + rng.choice(SPECIAL).encode('utf-8', 'surrogatepass') + data[at:]
        elif how == 1:
            data = data[:at] + data[at + rng.randint(1, 3):]
        elif how == 2:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]
        elif how == 3:
            rows[row] = b' ' * rng.randint(0, 6) + rows[row].lstrip(b' ')
            data = b'\n'.join(rows)
        elif how == 4:
            rows.insert(rng.randrange(len(rows)), rows[row])
            data = b'\n'.join(rows)
        elif how == 5:
            del rows[row]
            data = b'\n'.join(rows)
        elif how == 6:
            data = data[:at] + rng.choice(TOKENS).encode() + data[at:]
        elif how == 7:
            rows[row] = rows[row].rstrip(b'\r') + rng.choice([b'\r', b' ', b'\t', b' #', b':', b' \\'])
            data = b'\n'.join(rows)
        else:
            data = data[:at]
    return data


def unit_cases(source):
    """The texts of test/unit_yaml.c's table."""
    table = source[source.index('cases[] = {'):]
    table = table[:table.index('\n};')]
    for entry in re.finditer(r'\{ ((?:"(?:[^"\\]|\\.)*"\s*)+),', table):
        text = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', entry.group(1)))
        yield text.encode().decode('unicode_escape').encode('latin-1')


def limits():
    """Lengths, depths and numbers at and behind the limits."""
    for n in (63, 64, 65, 127, 128, 129, 1020, 1021, 1022, 1023, 1024, 1025, 5000):
        for text in ('k' * n + ': 1\n', '"' + 'k' * n + '": 1\n', "'" + "''" * n + "': 1\n", 'a: ' + 'v' * n + '\n',
                     'a: "' + 'v' * n + '"\n', 'a: "' + '\\x41' * n + '"\n', '#' * n + '\na: 1\n',
                     ' ' * n + 'a: 1\n', 'a:\n' + ' ' * n + 'b: 1\n', 'a: [' + 'b, ' * n + ']\n',
                     '"' + '\\x6b' * n + '": 1\n', '"' + 'k' * n + '"\n', 'a: b' + ' ' * n + '#c\n',
                     '\u00e9' * n + ': 1\n', '- ' * n + 'a\n', '[' * n + ']' * n + '\n', '- ' + 'k' * n + ': 1\n'):
            yield text.encode(), None
    for n in range(1, 12):
        yield ''.join(' ' * i + 'k%d:\n' % i for i in range(n)).encode(), None
        yield ('- ' * n + 'a: b\n').encode(), None
        yield ('- ' * n + '[a]\n').encode(), None
        yield ('a:\n' + ''.join('- ' * i + 'b:\n' + '  ' * i for i in range(n)) + 'c\n').encode(), None
    for n in (255, 256, 257, 300):
        yield ''.join('k%d: %d\n' % (i, i) for i in range(n)).encode(), None
        yield ''.join('- k: %d\n' % i for i in range(n)).encode(), None
    for n in (65535, 65536, 65537):
        yield b'a: 1\n' + b'\n' * (n - 5), None


KEYS = ['a', 'b', 'key', 'server', 'max size', 'a.b', 'x-1', 'a#b', 'a:b', '-a', '?a', ':a', 'a[0]', "a'b", '1', '~',
        'gr\u00fc\u00df', '\u00e9', 'no', '<', 'a"b', 'a{b', 'a,b', 'a]b', '--', '-.', '.a', '..', '=']
PLAIN = ['v', '1', 'two words', 'b#c', 'b:c', '::1', ':80', '-1', '--', '?x', '64KiB', '12:30', '~', 'no', '0644', '\\n',
         'x*&!|>%@`', "it's", 'a"b', 'x, [y] {z}', 'gr\u00fc\u00df', '\U0001f600', '/run/x', 'a  b', '...x', '---x', '-', '=',
         'http://x/?a=b#c', '<<', '.', '..', 'a\\', "a''b", '\u00a0', '\u200b', '+1', '1e3', '_', '$x', '^', '(a)', ';', '<a']
QUOTED = ['', ' ', 'v', ': ', ' #', '#', "'", '"', '\\', 'a\nb', 'a\tb', '- a', '[a]', '{a}', '\u00e9', '\u20ac', '\x01',
          '\x7f', '\x85', '\u2028', '\ufeff', '\ufffe', 'no', '&a', '*a', '!a', '|', '>', '%', '@', '`', ',', '\U0001f600', '\\n']


def quote(rng, text):
    """A text in quotes of either kind, as the subset has them."""
    if rng.random() < 0.4 and not re.search('[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe]', text):
        return "'" + text.replace("'", "''") + "'"
    out = ''
    for c in text:
        if c in '"\\':
            out += '\\' + c
        elif c == '\n' or (c == '\t' and rng.random() < 0.5):
            out += '\\n' if c == '\n' else '\\t'
        elif c != '\t' and (c < ' ' or '\x7f' <= c <= '\xff') and rng.random() < 0.8 or c < ' ' and c != '\t':
            out += '\\x%02x' % ord(c) if rng.random() < 0.5 else '\\u%04X' % ord(c)
        elif c in '\x7f\x85\u2028\ufeff\ufffe' or ('\xff' < c < '\U00010000' and rng.random() < 0.3):
            out += '\\u%04x' % ord(c)
        else:
            out += c
    return '"' + out + '"'


def scalar(rng, inlined=False):
    """A text, its tree and how it is written."""
    if rng.random() < 0.5:
        text = Text(rng.choice(PLAIN))
        if text != '-' and not (inlined and re.search(r'[,\[\]{}?]|^[-:]|:$', text)):
            return text, str(text)
    text = Text(rng.choice(QUOTED) + rng.choice(['', 'x', ' y']))
    text.quoted = True
    return text, quote(rng, text)


class Writer:
    """Writes one file that the subset takes, and its tree."""

    def __init__(self, rng):
        self.rng = rng
        self.out = []

    def end(self):
        """A line's end, perhaps with a comment and lines that mean nothing."""
        rng = self.rng
        text = rng.choice(['', '', '', ' ', '   ', ' # c', ' #', "  # '\"[{&*!: -"]) + '\n'
        while rng.random() < 0.15:
            text += rng.choice(['\n', '# c\n', '      # deep\n', '  \n', '#\n', ' #a: b\n'])
        return text

    def value(self, column, depth, in_list):
        """What stands behind "key:" or "-"; returns (text, tree)."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return self.end(), EMPTY
        if kind < 0.2 and depth < 8:
            items = [scalar(rng, True) for _ in range(rng.randint(0, 4))]
            gap = rng.choice(['', ' '])
            text = '[' + gap + (rng.choice([',', ', ', ' , '])).join(s for _, s in items)
            text += (',' if items and rng.random() < 0.2 else '') + gap + ']'
            return ' ' + text + self.end(), [t for t, _ in items]
        if kind < 0.45 and depth < 8:
            deeper = column + rng.randint(0 if not in_list and rng.random() < 0.3 else 1, 4)
            if deeper > column and rng.random() < 0.6:
                text, tree = self.section(deeper, depth + 1)
            else:
                text, tree = self.items(deeper, depth + 1)
            return self.end() + text, tree
        if kind < 0.55 and in_list and depth < 8:
            gap = rng.randint(1, 3)
            make = self.section if rng.random() < 0.7 else self.items
            text, tree = make(column + 1 + gap, depth + 1)
            return ' ' * gap + text.lstrip(' '), tree
        tree, text = scalar(rng)
        return ' ' * rng.randint(1, 3) + text + self.end(), tree

    def section(self, column, depth):
        rng = self.rng
        tree, out = Map(), ''
        for key in rng.sample(KEYS, rng.randint(1, 4)):
            plain = rng.random() < 0.7 and key != '-'
            text, value = self.value(column, depth, False)
            out += ' ' * column + (key if plain else quote(rng, key)) + ':' + text
            tree.append((key, value))
        return out, tree

    def items(self, column, depth):
        tree, out = [], ''
        for _ in range(self.rng.randint(1, 4)):
            text, value = self.value(column, depth, True)
            out += ' ' * column + '-' + text
            tree.append(value)
        return out, tree

    def file(self):
        rng = self.rng
        column = rng.choice([0, 0, 0, 0, 1, 2, 5])
        text, tree = (self.section if rng.random() < 0.85 else self.items)(column, 1)
        if rng.random() < 0.2:
            text = '---' + rng.choice(['', ' ', ' # c']) + '\n' + text
        if rng.random() < 0.2:
            text = rng.choice(['\n', '# first\n', '  # c\n\n']) + text
        if rng.random() < 0.15:
            text += rng.choice(['...\n', '... # c\n', '...\n...\n# c\n', '...'])
        elif rng.random() < 0.1:
            text = text.rstrip('\n')
        if rng.random() < 0.2:
            text = text.replace('\n', '\r\n')
        return ('\ufeff' * (rng.random() < 0.1) + text).encode(), tree
