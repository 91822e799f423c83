import Glibc
import System
import Testing

@testable import Index

/// Folders and files that are not as they should be are refused with a line that names them.
@Suite struct HostileArchiveTests {
  private func sound() throws -> Archive {
    let archive = try Archive(dimension: 3)
    try archive.add(
      0, (0..<5).map { .init(path: "v\($0)", start: 0, end: 2, numbers: [1, 0, 0]) })
    return archive
  }

  private func expectRefusal(_ archive: Archive, _ kind: Failure.Kind, _ part: String) {
    do {
      _ = try archive.open()
      Issue.record("an archive was opened that should be refused for \(part)")
    } catch let failure as Failure {
      #expect(failure.kind == kind, "\(failure.message)")
      #expect(failure.message.contains(part), "\(failure.message)")
    } catch { Issue.record("\(error)") }
  }

  @Test func aSoundArchiveOpens() throws {
    let archive = try sound()
    let index = try archive.open()
    #expect(index.rows == 5)
    #expect(index.manifest.window == 2 && index.manifest.step == 1 && index.manifest.frames == 8)
    #expect(try index.place(of: 4).path == Array("v4".utf8))
    #expect(throws: Failure.self) { try index.place(of: 5) }
    #expect(throws: Failure.self) { try index.place(of: -1) }
    #expect(try Archive(dimension: 3).open().rows == 0)
    #expect(try Archive(dimension: 3).open().found([1, 0, 0], count: 4).isEmpty)
  }

  @Test(arguments: [
    ("{}", "format"), ("", "object"), ("[1]", "object"), ("{\"format\": \"other\"}", "format"),
    ("{\"format\": \"actionclip-archive\", \"version\": 2}", "version"),
    ("{\"format\": \"actionclip-archive\", \"version\": 1}", "dtype"),
    ("{\"format\": \"actionclip-archive\", \"version\": 1, \"dtype\": \"int8\"}", "int8"),
    (
      "{\"format\": \"actionclip-archive\", \"version\": 1, \"dtype\": \"float16\", \"dimension\": 0}",
      "dimension"
    ),
    (
      "{\"format\": \"actionclip-archive\", \"version\": 1, \"dtype\": \"float16\", \"dimension\": 99999999}",
      "dimension"
    ),
    ("{\"window\": -1}", "window"), ("{\"window\": 1e999}", "number"),
  ])
  func manifests(text: String, part: String) throws {
    let archive = try sound()
    try archive.write("manifest.json", Array(text.utf8))
    do {
      _ = try archive.open()
      Issue.record("\(text) was taken")
    } catch let failure as Failure {
      #expect(
        failure.message.contains(part) && failure.message.contains("manifest.json"), "\(failure.message)")
    }
  }

  @Test func folders() throws {
    let archive = try sound()
    for (path, part) in [
      (archive.folder + "/none", "no archive"), ("/dev/null", "manifest.json"), ("", "manifest.json"),
    ] {
      do {
        _ = try ArchiveIndex(FilePath(bytes: Array(path.utf8)), threads: 1, inMemory: false)
        Issue.record("\(path) was opened")
      } catch { #expect(error.message.contains(part), "\(error.message)") }
    }
  }

  /// A rows file that is cut anywhere, or longer than its header says, is refused, in its header too.
  @Test func truncatedRows() throws {
    let archive = try sound()
    let whole = try archive.read("emb_0000.npy")
    for count in [0, 5, 6, 9, 11, 12, 60, 127, 128, 129, whole.count - 1] {
      try archive.write("emb_0000.npy", Array(whole[..<count]))
      #expect(throws: Failure.self) { try archive.open() }
    }
    try archive.write("emb_0000.npy", whole + [0])
    expectRefusal(archive, .invalid, "emb_0000.npy")
    try archive.write("emb_0000.npy", whole)
    #expect(try archive.open().rows == 5)
  }

  @Test(arguments: [
    ("<f4", "<f2"), ("<f4", "<f8"), ("<f4", ">f4"), ("False", "True"), ("(5, 3)", "(6, 3)"),
    ("(5, 3)", "(5, 4)"),
    ("(5, 3)", "(15,)"), ("(5, 3)", "(-5, 3)"), ("(5, 3)", "(99999999999999999999, 3)"),
    ("'shape'", "'shapo'"),
    ("(5, 3)", "(5, 3, 1)"), ("{", "["), ("}", ")"), ("(5, 3)", "(1099511627776, 3)"), ("NUMPY", "NUMPI"),
  ])
  func headers(old: String, new: String) throws {
    let archive = try sound()
    let whole = try archive.read("emb_0000.npy")
    let header = Array(whole.prefix(128))
    let place = try #require((0..<120).first { header[$0...].starts(with: old.utf8) })
    var changed = Array(header[..<place]) + Array(new.utf8) + header[(place + old.utf8.count)...]
    changed = Array(changed.prefix(127)) + [10]
    try archive.write("emb_0000.npy", changed + whole[128...])
    #expect(throws: Failure.self) { try archive.open() }
  }

  @Test func lines() throws {
    let archive = try sound()
    let line = "{\"path\":\"v\",\"start\":0,\"end\":2}\n"
    for (text, part) in [
      (String(repeating: line, count: 4), "4 lines for the 5 rows"), ("", "0 lines"),
      (String(repeating: line, count: 6), "6 lines"),
      (String(repeating: line, count: 5).dropLast() + "", "last line"),
    ] {
      try archive.write("meta_0000.jsonl", Array(text.utf8))
      expectRefusal(archive, .invalid, part)
    }
    // The ends of each line are looked at once.
    for bad in ["{", "}", "[]", "", "nonsense", "\u{0}", line.dropLast() + " "] {
      for place in 0..<5 {
        var all = [String](repeating: line, count: 5)
        all[place] = bad + "\n"
        try archive.write("meta_0000.jsonl", Array(all.joined().utf8))
        expectRefusal(archive, .invalid, "no JSON object")
      }
    }
    // Lines are parsed once a result names them.
    for bad in [
      "{}}", "{\"path\":1}", "{\"path\":\"\"}", "{\"path\":\"a\\u0000b\"}",
      "{\"path\":\"v\",\"start\":3,\"end\":2}", "{}",
    ] {
      try archive.write("meta_0000.jsonl", Array((String(repeating: line, count: 4) + bad + "\n").utf8))
      let index = try archive.open()
      #expect(try index.place(of: 3).path == Array("v".utf8))
      #expect(throws: Failure.self) { try index.place(of: 4) }
      #expect(throws: Failure.self) { try index.found([1, 0, 0], count: 5) }
    }
    let long = "{\"path\":\"" + String(repeating: "x", count: 70000) + "\"}\n"
    try archive.write("meta_0000.jsonl", Array((String(repeating: line, count: 4) + long).utf8))
    #expect(throws: Failure.self) { try archive.open().place(of: 4) }
    unlink(archive.folder + "/meta_0000.jsonl")
    expectRefusal(archive, .fileOpen, "meta_0000.jsonl")
  }

  /// Lines are found in files of many pieces, those that are longer than a piece too.
  @Test func manyLines() throws {
    let archive = try Archive(dimension: 1)
    let rows = (0..<3000).map {
      Archive.Row(
        path: "v\($0)" + String(repeating: "x", count: $0 % 500 == 7 ? 20 * $0 : $0 % 191), start: 0, end: 2,
        numbers: [1])
    }
    try archive.add(0, rows)
    let index = try archive.open()
    for row in stride(from: 2999, through: 0, by: -7) {
      #expect(try index.place(of: row).path == Array(rows[row].path.utf8))
    }
  }

  @Test(arguments: [
    "{\"shard\":0,\"row\":5,\"rows\":1}",
    "{\"shard\":0,\"row\":0,\"rows\":6}",
    "{\"row\":0,\"rows\":1}", "{\"shard\":0,\"row\":-1,\"rows\":1}", "{",
    "{\"shard\":0,\"row\":9007199254740992,\"rows\":1}",
  ])
  func removed(line: String) throws {
    let archive = try sound()
    try archive.write("removed.jsonl", Array((line + "\n").utf8))
    do {
      _ = try archive.open()
      Issue.record("\(line) was taken")
    } catch let failure as Failure {
      #expect(failure.message.contains("removed.jsonl"), "\(failure.message)")
    }
  }

  /// Rows of a shard that has no final name yet may be removed already. Those of shards that are there are not found.
  @Test func removedRowsOfShardsToCome() throws {
    let archive = try sound()
    try archive.add(2, [.init(path: "w", start: 0, end: 2, numbers: [0, 1, 0])])
    let lines = [(0, 1), (1, 3), (2, 0), (3, 0)].map { "{\"shard\":\($0),\"row\":\($1),\"rows\":1}\n" }
    try archive.write("removed.jsonl", Array(lines.joined().utf8))
    let index = try archive.open()
    #expect(index.rows == 6 && index.removedRows == 2)
    #expect(Set(try index.found([1, 0, 0], count: 9).map(\.row)) == [0, 2, 3, 4])
  }

  /// Files that are cut, replaced or gone after opening are an error, and no fault of the process.
  @Test func filesThatChangeAfterOpening() throws {
    for name in ["emb_0000.npy", "meta_0000.jsonl"] {
      for change in 0..<3 {
        let archive = try sound()
        let index = try archive.open()
        let path = archive.folder + "/" + name
        switch change {
        case 0: truncate(path, 40)
        case 1: unlink(path)
        default: try archive.write(name, try archive.read(name) + [10])
        }
        do {
          _ = try index.found([1, 0, 0], count: 3)
          Issue.record("\(name) changed, and was searched")
        } catch let failure as Failure { #expect(failure.message.contains(name), "\(failure.message)") }
      }
    }
    // Rows in memory do not change.
    let archive = try sound()
    let index = try archive.open(inMemory: true)
    truncate(archive.folder + "/emb_0000.npy", 10)
    #expect(try index.found([1, 0, 0], count: 3).count == 3)
  }

  /// Names that are no shards are passed over, and shards come in the order of their numbers.
  @Test func names() throws {
    let archive = try Archive(dimension: 1)
    for shard in [3, 1, 20] {
      try archive.add(shard, [.init(path: "v\(shard)", start: 0, end: 1, numbers: [1])])
    }
    #expect(try !archive.open().isUnfinished)
    for name in ["emb_1.npy", "emb_00001.npy", "emb_0007.npy.part", "emb_abcd.npy", "unfinished"] {
      try archive.write(name, [])
    }
    let index = try archive.open()
    #expect(index.isUnfinished)
    #expect(try (0..<3).map { try index.place(of: $0).path } == ["v1", "v3", "v20"].map { Array($0.utf8) })
    for name in ["emb_1.npy", "emb_00001.npy", "emb_0007.npy.part", "emb_abcd.npy", "unfinished"] {
      unlink(archive.folder + "/" + name)
    }
  }
}
