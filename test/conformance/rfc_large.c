/* rfc_large.c: messages at the limits (RFC 6455 sections 5.2, 5.4, 10.4): of 16 MiB, of 65536
 * fragments, and where the config allows 125 bytes only. */
#include "cases.h"

static const struct row most[] = {
	{ "5.2", "binary of 16 MiB", "82%16777216", "82%16777216" },
	{ "5.2", "text of 16 MiB", "81#16777216", "81#16777216" },
	{ "5.2", "binary of 65537 bytes", "82%65537", "82%65537" },
	{ "5.2", "text of 1 MiB", "81#1048576", "81#1048576" },
	{ "5.4", "16 fragments of 1 MiB", "02%1048576 014*00%1048576 80%1048576", "82%16777216" },
	{ "5.4", "two fragments of 8 MiB and a ping", "01#8388608 89'p' 80#8388608",
	  "8a'p' 81#16777216" },
	{ "5.4", "16 MiB and an empty last fragment", "02%16777216 80", "82%16777216" },
	{ "5.4", "65536 fragments of 1 byte", "01#1 65534*00#1 80#1", "81#65536" },
	{ "5.4", "65536 fragments of 256 bytes", "02%256 65534*00%256 80%256", "82%16777216" },
	{ "5.4", "65536 empty fragments", "01 65534*00 80", "81" },
	{ "5.4", "65536 fragments and pings", "01#1 65534*00#1 89'p' 80#1", "8a'p' 81#65536" },
	{ "8.1", "text of 16 MiB with a bad last byte", "81#16777215[ff]", "88=1007" },
	{ "8.1", "text of 16 MiB cut in its last character", "81#16777215[c3]", "88=1007" },
	{ "8.1", "character across two fragments of 8 MiB", "01#8388607[c3] 80[bc]#8388607",
	  "81#8388607[c3bc]#8388607" },
};

static const struct row over[] = {
	{ "10.4", "16 MiB and 1, header only", "82L0000000001000001", "88=1009" },
	{ "10.4", "16 MiB and 1 as text, header only", "81L0000000001000001", "88=1009" },
	{ "10.4", "16 MiB and 1, whole", "82%16777217", "88=1009" },
	{ "10.4", "16 MiB and 1 in two fragments", "02%16777216 80%1", "88=1009" },
	{ "10.4", "16 MiB and 1, second header only", "02%16777215 80%2~6", "88=1009" },
	{ "10.4", "2^32 + 1, header only", "82L0000000100000001", "88=1009" },
	{ "10.4", "65537 fragments", "01#1 65535*00#1 80#1", "88=1008" },
	{ "10.4", "65537 empty fragments", "01 65535*00 80", "88=1008" },
	{ "10.4", "100000 empty fragments without an end", "01 99999*00", "88=1008" },
};

static const struct row little[] = {
	{ "5.2", "text of 125 bytes", "81#125", "81#125" },
	{ "5.4", "125 bytes in 125 fragments", "02%1 123*00%1 80%1", "82%125" },
	{ "5.4", "125 bytes and a ping of 125 bytes", "02%100 89%125 80%25", "8a%125 82%125" },
	{ "10.4", "text of 126 bytes", "81#126", "88=1009" },
	{ "10.4", "126, header only", "82%126~8", "88=1009" },
	{ "10.4", "65535, header only", "82%65535~8", "88=1009" },
	{ "10.4", "65536, header only", "82L0000000000010000", "88=1009" },
	{ "10.4", "125 and 1 bytes", "02%125 80%1", "88=1009" },
	{ "10.4", "125 and 1 bytes, second header only", "02%125 80%1~6", "88=1009" },
	{ "10.4", "125 and 0 bytes", "02%125 80", "82%125" },
	{ "10.4", "125 bytes behind 125 bytes", "81#125 82%125", "81#125 82%125" },
	{ "5.2", "126 in 8 bytes", "82n8%126", "88=1002" },
	{ "5.5", "ping of 126 bytes", "89%126", "88=1002" },
	{ "5.5.1", "close with a reason of 123 bytes", "88=1000#123", "88=1000" },
};

int main(void)
{
	cases_start("  max_message_size: 16MiB\n");
	cases_run("messages of up to 16 MiB", most, sizeof most / sizeof *most);
	cases_run("messages over 16 MiB", over, sizeof over / sizeof *over);
	cases_stop();
	cases_start("  max_message_size: 125\n");
	cases_run("messages of up to 125 bytes", little, sizeof little / sizeof *little);
	return cases_end();
}
