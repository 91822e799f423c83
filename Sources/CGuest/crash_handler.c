// The static Swift runtime, on finding its backtrace program (through SWIFT_ROOT or beside the
// library), replaces seven fatal signal handlers of the host process when it is loaded. A library
// must not. The runtime calls this one function to do it; defining it here keeps the runtime's own
// version out of the link. 0 is "done": any other answer makes the runtime print a warning.
int _swift_installCrashHandler(void) { return 0; }
