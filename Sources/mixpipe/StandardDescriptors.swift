import Foundation

/// Opens the null device in place of standard descriptors that are closed, first thing of all: the next
/// file that is opened would get their numbers, and progress would be written into it.
///
/// What was closed for writing stays closed to the program: standard output then refuses what is
/// written to it, as a closed one does, and nobody takes an output that is nowhere for success.
func openClosedDescriptors() {
  for (descriptor, mode) in [
    (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
  ] where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
    // The lowest free number, which is this one since all below it are open.
    _ = open("/dev/null", mode)
  }
}
