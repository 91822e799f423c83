// Classify ranks labels for a video, with libactionclip through cgo.
//
//	go build && ./classify VIDEO LABELS.txt [WEIGHTS [MERGES]]
package main

/*
#cgo pkg-config: actionclip
#include <actionclip.h>
#include <stdlib.h>
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"unsafe"
)

// call runs a function of the library and makes its status an error. The message belongs to the thread that called,
// so the goroutine stays on its thread until it has it.
func call(function func() C.int32_t) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if status := function(); status < 0 {
		name := C.GoString(C.actionclip_status_name(status))
		return fmt.Errorf("%s (%s)", C.GoString(C.actionclip_last_error()), name)
	}
	return nil
}

// cStrings copies texts to C memory: an array of pointers, and a function that frees all of it.
func cStrings(texts []string) (**C.char, func()) {
	size := C.size_t(len(texts)+1) * C.size_t(unsafe.Sizeof((*C.char)(nil)))
	array := (**C.char)(C.malloc(size))
	pointers := unsafe.Slice(array, len(texts)+1)
	for i, text := range texts {
		pointers[i] = C.CString(text)
	}
	return array, func() {
		for _, pointer := range pointers[:len(texts)] {
			C.free(unsafe.Pointer(pointer))
		}
		C.free(unsafe.Pointer(array))
	}
}

// unlearned gives one line about all labels that the model never learned, or "" if there is none.
func unlearned(model *C.actionclip_model, labels []*C.char) string {
	var text [1024]C.char
	var first string
	found := 0
	for _, label := range labels {
		var size C.size_t
		status := C.actionclip_model_label_note(model, label, &text[0], C.size_t(len(text)), &size)
		if status != C.ACTIONCLIP_OK || size <= 1 {
			continue
		}
		if found++; found == 1 {
			first = C.GoString(&text[0])
		}
	}
	if found > 1 {
		first += fmt.Sprintf(" (and %d more of %d labels)", found-1, len(labels))
	}
	return first
}

// classify gives the probability of each label. An empty path of weights is the default model.
func classify(video, weights, merges string, labels []string) ([]float32, error) {
	var options C.actionclip_model_options
	C.actionclip_model_options_init(&options)
	if merges != "" {
		options.tokenizer_path = C.CString(merges)
		defer C.free(unsafe.Pointer(options.tokenizer_path))
	}
	var path *C.char
	if weights != "" {
		path = C.CString(weights)
		defer C.free(unsafe.Pointer(path))
	}
	var model *C.actionclip_model
	if err := call(func() C.int32_t { return C.actionclip_model_load(path, &options, &model) }); err != nil {
		return nil, err
	}
	defer C.actionclip_model_free(model)

	file := C.CString(video)
	defer C.free(unsafe.Pointer(file))
	var opened *C.actionclip_video
	if err := call(func() C.int32_t { return C.actionclip_video_open(file, nil, &opened) }); err != nil {
		return nil, err
	}
	defer C.actionclip_video_free(opened)

	texts, free := cStrings(labels)
	defer free()
	var classifier *C.actionclip_classifier
	if err := call(func() C.int32_t {
		return C.actionclip_classifier_create(model, texts, C.size_t(len(labels)), nil, 0,
			C.ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR, &classifier)
	}); err != nil {
		return nil, err
	}
	defer C.actionclip_classifier_free(classifier)

	if note := unlearned(model, unsafe.Slice(texts, len(labels))); note != "" {
		fmt.Fprintln(os.Stderr, "classify:", note)
	}

	var info C.actionclip_model_info
	info.struct_size = C.uint32_t(unsafe.Sizeof(info))
	if err := call(func() C.int32_t { return C.actionclip_model_get_info(model, &info) }); err != nil {
		return nil, err
	}
	embedding := make([]C.float, info.video_size)
	if err := call(func() C.int32_t {
		return C.actionclip_encode_video(model, opened, nil, &embedding[0], C.size_t(len(embedding)), nil, 0)
	}); err != nil {
		return nil, err
	}
	probabilities := make([]float32, len(labels))
	err := call(func() C.int32_t {
		return C.actionclip_classifier_score(classifier, &embedding[0], 1, 0,
			(*C.float)(&probabilities[0]), C.size_t(len(probabilities)), nil, nil)
	})
	return probabilities, err
}

func run(arguments []string) error {
	if len(arguments) < 2 || len(arguments) > 4 {
		return fmt.Errorf("usage: classify VIDEO LABELS.txt [WEIGHTS [MERGES]]")
	}
	arguments = append(arguments, "", "")
	text, err := os.ReadFile(arguments[1])
	if err != nil {
		return err
	}
	labels := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(labels) == 0 {
		return fmt.Errorf("%s has no label", arguments[1])
	}
	probabilities, err := classify(arguments[0], arguments[2], arguments[3], labels)
	if err != nil {
		return err
	}
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return probabilities[order[a]] > probabilities[order[b]] })
	for _, i := range order {
		fmt.Printf("%6.2f %%  %s\n", probabilities[i]*100, labels[i])
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "classify:", err)
		os.Exit(1)
	}
}
