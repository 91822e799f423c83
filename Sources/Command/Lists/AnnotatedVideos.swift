/// The videos of a list whose rows are parts: each video once, with every part and the classes that it shows.
struct AnnotatedVideos {
  struct Part {
    let label: Int
    let span: TimeSpan
  }

  struct Video {
    /// The list's first row of the video, without its part.
    let row: VideoList.Row
    fileprivate(set) var parts: [Part] = []
  }

  /// In the order in which the list names them first.
  private(set) var videos: [Video] = []

  /// - Throws: an error for a row that is a whole video.
  init(_ list: VideoList, named name: String) throws(CommandError) {
    var places: [[UInt8]: Int] = [:]
    for row in list.rows {
      guard let span = row.span else {
        throw CommandError(
          "\(name): \(list.numbering.rawValue) \(row.number) has no start and end: when each label is shown "
            + "must be in the list, in columns such as path,label,start,end")
      }
      let path = row.path.inside(list.root).plain.bytes
      let place = places[path] ?? videos.count
      if place == videos.count {
        places[path] = place
        videos.append(
          Video(row: .init(number: row.number, path: row.path, span: nil, frames: row.frames, classes: [])))
      }
      videos[place].parts += row.classes.map { Part(label: $0, span: span) }
    }
  }
}
