import System
import Testing

@testable import Families
@testable import Weights

@Suite("The limits of one file hold for all of an index") struct ShardTotalsTests {
  func refusal(_ shards: [FakeTensors]) -> Failure? {
    var totals = ShardTotals()
    for shard in shards {
      do throws(Failure) { try totals.add(shard) } catch { return error }
    }
    return nil
  }

  @Test("As many bytes as one file may have, and no more") func bytes() throws {
    let half = try FakeTensors([("a", [2, 1 << 30])])
    #expect(refusal([half, half]) == nil)
    let error = try #require(refusal([half, half, FakeTensors([("b", [1])])]))
    #expect(error.kind == .limit && error.message.contains("over 17179869184 bytes"))
    #expect(refusal([try FakeTensors([("a", [1 << 62])])])?.kind == .limit)
  }

  @Test("As many tensors as an index may name, and no more") func tensors() throws {
    let shard = try FakeTensors(names: (0..<8192).map { "t\($0)" })
    #expect(refusal([shard, shard]) == nil)
    let error = try #require(refusal([shard, shard, FakeTensors(names: ["one"])]))
    #expect(error.kind == .limit && error.message.contains("over 16384 tensors"))
  }
}
