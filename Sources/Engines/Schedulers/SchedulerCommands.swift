import Foundation

/// A scheduler's commands as templates: what takes a job, lists those that live, and stops one.
package struct SchedulerCommands: Sendable, Hashable {
  /// What a line of the list looks like.
  package enum Listing: Sendable, Hashable {
    /// `id|index|name|state|node|reason`, as ``slurm`` asks for it. Jobs that ended are among them.
    case slurm
    /// The job's id or name, then its state if there is one. All that is listed lives.
    case words
  }

  /// `{script}`, `{name}`, `{log}`; the first word of its last line is the id.
  package var submit: String
  /// `{ids}`: those of all jobs, separated by spaces, for who cannot list them otherwise.
  package var alive: String
  /// `{id}` and `{name}`.
  package var cancel: String
  package var listing = Listing.words

  package init(submit: String, alive: String, cancel: String, listing: Listing = .words) {
    self.submit = submit
    self.alive = alive
    self.cancel = cancel
    self.listing = listing
  }

  /// `squeue` lists ended jobs too, for the five minutes that the controller keeps them by default (`MinJobAge`).
  /// `-r` has a line for each place of an array.
  package static var slurm: SchedulerCommands {
    SchedulerCommands(
      submit: "sbatch --parsable {script}",
      alive: "squeue --noheader --array --states=all --user=\(getuid()) "
        + "--format='%F|%K|%j|%T|%N|%r'",
      cancel: "scancel {id}", listing: .slurm)
  }
}
