import System
import Testing

@testable import Weights

/// Modules that torch.jit.save would not write.
@Suite struct ModuleTreeTests {
  @Test func refusesAttributesThatAreNoDict() {
    let states: [(String, (inout PickleBuilder) -> Void)] = [
      ("a tuple", { $0.tuple([1]) }), ("a list", { $0.op("]") }), ("None", { $0.op("N") }),
      ("an integer", { $0.integer(1) }), ("a string", { $0.string("w") }), ("a tensor", { $0.onePair() }),
      ("an object of '__torch__.Part'", { $0.object("Part") { _ in } }),
      ("an object of 'os.system'", { $0.global("os", "system") }),
    ]
    for (description, state) in states {
      expectRefusal(
        script {
          $0.object("Top") {
            $0.string("visual")
            $0.global("__torch__.torch.classes", "Packed"); $0.op(")"); $0.raw([0x81])
            state(&$0)
            $0.op("b")
          }
        }.build(), .unsupported, "'visual'", "'__torch__.torch.classes.Packed'", "kept as \(description)")
    }
  }

  @Test func refusesObjectsBuiltOtherwise() {
    func refuse(
      _ kind: Failure.Kind, _ named: String, sourceLocation: SourceLocation = #_sourceLocation,
      _ body: (inout PickleBuilder) -> Void
    ) {
      expectRefusal(script(body).build(), kind, named, sourceLocation: sourceLocation)
    }
    refuse(.invalid, "never given its attributes") {
      $0.global("__torch__", "Top"); $0.op(")"); $0.raw([0x81])
    }
    refuse(.invalid, "a second BUILD") {
      $0.object("Top") { _ in }; $0.op("}"); $0.op("b")
    }
    refuse(.invalid, "APPEND to an object") {
      $0.object("Top") { _ in }; $0.op("N"); $0.op("a")
    }
    refuse(.invalid, "SETITEM on an object") {
      $0.object("Top") { _ in }; $0.string("w"); $0.onePair(); $0.op("s")
    }
    refuse(.invalid, "a call of an object") {
      $0.object("Top") { _ in }; $0.op(")"); $0.op("R")
    }
    refuse(.invalid, "BUILD on a tensor") {
      $0.onePair(); $0.op("}"); $0.op("b")
    }
    refuse(.invalid, "BUILD on a function or class") {
      $0.global("torch", "Size"); $0.op("}"); $0.op("b")
    }
    refuse(.invalid, "the stack is empty") {
      $0.op("}"); $0.op("b")
    }
    refuse(.invalid, "for arguments") {
      $0.global("collections", "OrderedDict"); $0.integer(1); $0.op("R")
    }
  }

  @Test func refusesAModuleWithinItself() {
    expectRefusal(
      script {
        $0.global("__torch__", "Top"); $0.op(")"); $0.raw([0x81, 0x71, 0])
        $0.dictionary {
          $0.string("a")
          $0.object("Part") {
            $0.string("up"); $0.raw([0x68, 0])
          }
        }
        $0.op("b")
      }.build(), .invalid, "'a.up' lies within itself")
    // A dict that is its own object's attributes and holds itself is no module.
    #expect(throws: Never.self) {
      try load(
        script {
          $0.global("__torch__", "Top"); $0.op(")"); $0.raw([0x81])
          $0.op("}"); $0.raw([0x71, 0]); $0.string("self"); $0.raw([0x68, 0]); $0.op("s")
          $0.op("b")
        }.build())
    }
  }

  @Test func refusesNamesThatAreNotOne() {
    func refuse(
      _ named: String, sourceLocation: SourceLocation = #_sourceLocation,
      _ body: (inout PickleBuilder) -> Void
    ) {
      expectRefusal(
        script { $0.object("Top", body) }.build(), .invalid, named, sourceLocation: sourceLocation)
    }
    func part(_ pickle: inout PickleBuilder) {
      pickle.object("Part") {
        $0.string("w"); $0.onePair()
      }
    }
    refuse("named 'w'") {
      $0.string("w"); $0.onePair(); $0.string("w"); $0.onePair()
    }
    refuse("named 'a'") {
      $0.string("a"); part(&$0); $0.string("a"); part(&$0)
    }
    refuse("named 'a'") {
      $0.string("a"); part(&$0); $0.string("a"); $0.onePair()
    }
    refuse("'a.w'") {
      $0.string("a"); part(&$0); $0.string("a.w"); $0.onePair()
    }
    refuse("''") {
      $0.string(""); $0.onePair()
    }
    refuse("under an integer") {
      $0.integer(1); $0.onePair()
    }
    refuse("under None") {
      $0.op("N"); $0.op("N")
    }
    refuse("UTF-8") {
      $0.raw([0x55, 2, 0xC3, 0x28]); $0.onePair()
    }
    refuse("control") {
      $0.string("a\nb"); part(&$0)
    }
    refuse("module 'a' has an attribute") {
      $0.string("a");
      $0.object("Part") {
        $0.op("N"); $0.op("N")
      }
    }
  }

  @Test func refusesTensorsThatAreNotRead() {
    func refuse(_ named: String, _ body: (inout PickleBuilder) -> Void) {
      expectRefusal(
        script {
          $0.object("Top") {
            $0.string("q"); body(&$0)
          }
        }.build(), .unsupported, "'q'", named)
    }
    refuse("_rebuild_qtensor") { $0.built("torch._utils", "_rebuild_qtensor") { $0.op("N") } }
    refuse("ComplexFloatStorage") { $0.tensor("0", "ComplexFloatStorage", count: 1, [1], [1]) }
  }

  // MARK: - Limits

  @Test func refusesOverDeepModules() {
    func nested(_ depth: Int, _ pickle: inout PickleBuilder) {
      pickle.object("Part") {
        $0.string("a")
        if depth > 0 { nested(depth - 1, &$0) } else { $0.onePair() }
      }
    }
    #expect(throws: Never.self) { try load(script { nested(25, &$0) }.build()) }
    expectRefusal(script { nested(40, &$0) }.build(), .limit, "deeper than 64")
    expectRefusal(script { nested(200, &$0) }.build(), .limit, "nested MARKs")
    // Each is put into the one before when that has been built: nothing was deep when it was made.
    expectRefusal(
      script {
        $0.object("Top") {
          for index in 0..<UInt8(100) {
            $0.string("m\(index)")
            $0.global("__torch__", "Part"); $0.op(")"); $0.raw([0x81, 0x71, index])
            $0.op("}"); $0.raw([0x71, index + 100]); $0.op("b")
          }
          for index in 0..<UInt8(99) {
            $0.string("attributes\(index)"); $0.raw([0x68, index + 100])
            $0.string("a"); $0.raw([0x68, index + 1]); $0.op("s")
          }
        }
      }.build(), .limit, "modules deep")
  }

  @Test func refusesToWalkSharedModulesForEver() {
    // Each holds the one before twice: a billion paths, and not one tensor.
    expectRefusal(
      script {
        $0.object("Top") {
          for index in 0..<UInt8(30) {
            $0.string("m\(index)")
            $0.object("Part") {
              for name in ["a", "b"] where index > 0 { $0.string(name); $0.raw([0x68, index - 1]) }
            }
            $0.raw([0x71, index])
          }
        }
      }.build(), .limit, "65536 modules")
    expectRefusal(
      script {
        $0.object("Top") {
          $0.string("large")
          $0.object("Part") {
            for index in 0..<5000 { $0.string("\(index)"); $0.op("N") }
          }
          $0.raw([0x71, 0])
          for index in 0..<300 { $0.string("\(index)"); $0.raw([0x68, 0]) }
        }
      }.build(), .limit, "1000000 attributes")
  }

  @Test func refusesLongNames() {
    expectRefusal(
      script {
        $0.object("Top") {
          $0.string(String(repeating: "a", count: 200))
          $0.object("Part") {
            $0.string(String(repeating: "b", count: 100)); $0.onePair()
          }
        }
      }.build(), .limit, "256")
  }
}
