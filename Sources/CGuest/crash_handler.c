// Installs no crash handler. The static Swift runtime calls this function when it is loaded and finds its backtrace
// program (through SWIFT_ROOT or beside the library); its own version replaces seven fatal signal handlers of the
// host, which a library must not do. Defining the function here keeps that version out of the link. 0 means success:
// any other answer makes the runtime print a warning.
int _swift_installCrashHandler(void) { return 0; }
