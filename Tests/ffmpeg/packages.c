/* packages.c: the package that a missing FFmpeg's message names, for the os-release files of distributions. */
#include "../../Sources/CFFmpeg/packages.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *os_release, *command;
} cases[] = {
    {"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n", "apt-get install libavformat59"},
    {"ID=debian\nVERSION_ID='13'", "apt-get install libavformat61"},
    {"ID=debian\n", "apt-get install ffmpeg"},
    {"NAME=\"Ubuntu\"\nVERSION_ID=\"22.04\"\nID=ubuntu\nID_LIKE=debian\n", "apt-get install libavformat58"},
    {"VERSION_ID=\"24.04\"\nID_LIKE=debian\nID=ubuntu\n", "apt-get install libavformat60"},
    {"ID=ubuntu\nVERSION_ID=\"25.10\"\nID_LIKE=debian\n", "apt-get install ffmpeg"},
    /* the number is Mint's, not Debian's */
    {"ID=linuxmint\nVERSION_ID=\"12\"\nID_LIKE=\"ubuntu debian\"\n", "apt-get install ffmpeg"},
    {"ID=fedora\nVERSION_ID=42\n", "dnf install ffmpeg-free"},
    {"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n", "dnf install ffmpeg-free (from EPEL)"},
    {"ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"9\"\n", "dnf install ffmpeg-free (from EPEL)"},
    {"ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.4\"\n", "dnf install ffmpeg-free (from EPEL)"},
    {"ID=nobara\nID_LIKE=fedora\n", "dnf install ffmpeg-free"},
    {"ID=arch\n", "pacman -S ffmpeg"},
    {"ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", "zypper install ffmpeg"},
    {"ID=sles\nID_LIKE=suse\n", "zypper install ffmpeg"},
    {"ID=slackware\n", "the package of FFmpeg's shared libraries"},
    {"", "the package of FFmpeg's shared libraries"},
    {"VERSION_ID=12\n\n=\nID\nXID=debian", "the package of FFmpeg's shared libraries"},
};

int main(void) {
  int failed = 0;
  const int count = sizeof cases / sizeof *cases;
  for (int i = 0; i < count; i++) {
    char advice[128];
    cffmpeg_advise_for(cases[i].os_release, advice, sizeof advice);
    /* EPEL is told where it is needed, and only there */
    if (strstr(advice, cases[i].command) != NULL && !strstr(advice, "EPEL") == !strstr(cases[i].command, "EPEL"))
      continue;
    printf("packages: case %d: \"%s\", expected \"%s\"\n", i, advice, cases[i].command);
    failed++;
  }
  /* No text is too long for a value or for the advice. */
  char text[1024] = "ID=", advice[128], small[8];
  memset(text + 3, 'd', sizeof text - 4);
  cffmpeg_advise_for(text, advice, sizeof advice);
  cffmpeg_advise_for(cases[0].os_release, small, sizeof small);
  failed += strlen(small) != sizeof small - 1;
  cffmpeg_advise_packages(advice, sizeof advice);
  printf("packages: %d passed, %d failed; here: %s\n", count + 1 - failed, failed, advice);
  return failed != 0;
}
