"""Tests of compare.py: each kind of addition passes, each kind of incompatible change is told."""

import copy
import unittest

from compare import compare

OLD = {
    "version": "1.0.0",
    "abi": 3,
    "constants": [{"name": "ACTIONCLIP_VERSION_MINOR", "value": 0}, {"name": "ACTIONCLIP_ON", "value": 1}],
    "opaque": [{"name": "actionclip_model"}],
    "structs": [
        {
            "name": "actionclip_options",
            "size": 24,
            "alignment": 8,
            "fields": [
                {"name": "struct_size", "type": "uint32_t", "offset": 0, "size": 4},
                {"name": "frames", "type": "int32_t", "offset": 4, "size": 4},
                {"name": "path", "type": "const char *", "offset": 8, "size": 8},
                {"name": "threads", "type": "int32_t", "offset": 16, "size": 4},
            ],
        },
        {
            "name": "actionclip_image",
            "size": 8,
            "alignment": 4,
            "fields": [
                {"name": "width", "type": "int32_t", "offset": 0, "size": 4},
                {"name": "height", "type": "int32_t", "offset": 4, "size": 4},
            ],
        },
    ],
    "functions": [
        {
            "name": "actionclip_load",
            "result": "int32_t",
            "arguments": [
                {"name": "path", "type": "const char *"},
                {"name": "model_out", "type": "actionclip_model **"},
            ],
        },
        {"name": "actionclip_free", "result": "void", "arguments": [{"name": "model", "type": "actionclip_model *"}]},
    ],
}
OPTIONS, IMAGE = 0, 1


class Compare(unittest.TestCase):
    def setUp(self):
        self.new = copy.deepcopy(OLD)

    def options(self):
        return self.new["structs"][OPTIONS]["fields"]

    def breaks(self, *expected):
        found, _ = compare(OLD, self.new)
        self.assertEqual(len(found), len(expected), found)
        for line, words in zip(found, expected):
            self.assertIn(words, line)

    def test_nothing_changed(self):
        self.assertEqual(compare(OLD, self.new), ([], []))

    def test_additions_pass_and_are_named(self):
        self.new["constants"].append({"name": "ACTIONCLIP_OFF", "value": 2})
        self.new["constants"][0]["value"] = 1
        self.new["opaque"].append({"name": "actionclip_video"})
        self.options().append({"name": "head", "type": "int32_t", "offset": 24, "size": 4})
        self.new["structs"][OPTIONS]["size"] = 32
        self.new["structs"].append({"name": "actionclip_info", "size": 4, "alignment": 4, "fields": []})
        self.new["functions"].insert(0, {"name": "actionclip_version", "result": "const char *", "arguments": []})
        self.new["functions"][1]["arguments"][0]["name"] = "file"
        self.options()[1]["comment"] = "Frames of a video."
        self.assertEqual(
            compare(OLD, self.new),
            (
                [],
                [
                    "ACTIONCLIP_OFF",
                    "actionclip_video",
                    "actionclip_info",
                    "actionclip_options.head",
                    "actionclip_version",
                ],
            ),
        )

    def test_another_abi_number_allows_everything(self):
        self.new["functions"], self.new["abi"] = [], 4
        self.breaks()

    def test_the_abi_number_falls(self):
        self.new["abi"] = 2
        self.breaks("falls from 3 to 2")

    def test_a_constant_is_gone(self):
        del self.new["constants"][1]
        self.breaks("ACTIONCLIP_ON is gone")

    def test_a_constant_has_another_value(self):
        self.new["constants"][1]["value"] = 5
        self.breaks("ACTIONCLIP_ON is 5, not 1")

    def test_a_function_is_gone(self):
        del self.new["functions"][1]
        self.breaks("actionclip_free is gone")

    def test_a_function_has_another_result(self):
        self.new["functions"][1]["result"] = "int32_t"
        self.breaks("actionclip_free is int32_t (actionclip_model *), not void")

    def test_a_function_has_another_argument_type(self):
        self.new["functions"][0]["arguments"][0]["type"] = "char *"
        self.breaks("actionclip_load is int32_t (char *,")

    def test_a_function_has_one_argument_more(self):
        self.new["functions"][1]["arguments"].append({"name": "now", "type": "int32_t"})
        self.breaks("actionclip_free")

    def test_a_function_has_one_argument_less(self):
        self.new["functions"][0]["arguments"].pop()
        self.breaks("actionclip_load")

    def test_an_opaque_type_is_gone(self):
        self.new["opaque"] = []
        self.breaks("actionclip_model is gone")

    def test_a_struct_is_gone(self):
        del self.new["structs"][IMAGE]
        self.breaks("actionclip_image is gone")

    def test_a_field_is_gone(self):
        self.options().pop()
        self.breaks("actionclip_options: threads is gone")

    def test_fields_changed_places(self):
        fields = self.options()
        fields[1], fields[3] = fields[3], fields[1]
        self.breaks("frames at 4, 4 bytes is now", "threads at 16, 4 bytes is now")

    def test_a_field_has_another_name(self):
        self.options()[1]["name"] = "count"
        self.breaks("int32_t frames at 4, 4 bytes is now int32_t count")

    def test_a_field_has_another_type(self):
        self.options()[1]["type"] = "uint32_t"
        self.breaks("is now uint32_t frames")

    def test_a_field_moved(self):
        self.options()[3]["offset"] = 20
        self.breaks("is now int32_t threads at 20")

    def test_a_field_grew(self):
        self.options()[3].update(type="int64_t", size=8)
        self.breaks("is now int64_t threads at 16, 8 bytes")

    def test_a_field_is_inserted(self):
        self.options().insert(3, {"name": "head", "type": "int32_t", "offset": 16, "size": 4})
        self.options()[4]["offset"] = 20
        self.breaks("is now int32_t head at 16", "threads lies within the 24 bytes")

    def test_a_field_fills_padding(self):
        self.options().append({"name": "head", "type": "int32_t", "offset": 20, "size": 4})
        self.breaks("head lies within the 24 bytes")

    def test_the_alignment_changed(self):
        self.new["structs"][OPTIONS]["alignment"] = 16
        self.breaks("its alignment is 16, not 8")

    def test_a_struct_of_fixed_size_grew(self):
        self.new["structs"][IMAGE]["size"] = 12
        self.new["structs"][IMAGE]["fields"].append({"name": "stride", "type": "int32_t", "offset": 8, "size": 4})
        self.breaks("it has no struct_size")


if __name__ == "__main__":
    unittest.main()
