/// An option that was given, with its value as reports state it.
struct GivenOption {
  /// The name with its dashes, such as "--min-on".
  let name: String
  let value: JSONValue

  /// An option whose value is a number; nil where it was not given.
  init?(_ name: String, _ value: Double?) {
    guard let value else { return nil }
    (self.name, self.value) = (name, .double(value))
  }

  /// An option whose value is a text; nil where it was not given.
  init?(_ name: String, _ value: String?) {
    guard let value else { return nil }
    (self.name, self.value) = (name, .string(value))
  }

  /// The option as a member of a JSON object, with the key "min_on" for "--min-on".
  var member: JSONValue.Member {
    .init(key: String(name.drop { $0 == "-" }).replacing("-", with: "_"), value: value)
  }
}
