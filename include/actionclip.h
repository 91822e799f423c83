/* actionclip.h: recognise actions in video by matching it against words.
 *
 * A tour, in the order a user meets things:
 *   versions and errors  ->  cancelling  ->  load and save models  ->  frames and pixels  ->  video files
 *   ->  prompts and tokens  ->  similarity  ->  classifiers  ->  the tokenizer and preprocessing alone
 *
 * The model is ActionCLIP (arXiv 2109.08472): CLIP's image encoder on T sampled
 * frames, a temporal head that joins them, CLIP's text encoder on prompts made
 * from labels, and cosine similarity between the two.
 *
 * Conventions, true of every function below:
 *   - Return value: int32_t status, 0 (ACTIONCLIP_OK) or a negative error. Codes are
 *     never reused; treat an unknown negative code as an error.
 *   - On failure actionclip_last_error() gives one line that names the thing and
 *     what to do. It belongs to the calling thread and to that thread's latest call.
 *   - Outputs are written on success only. A buffer is followed by its capacity in
 *     elements (not bytes); a capacity larger than needed is fine.
 *   - Inputs are borrowed for the duration of the call and never modified.
 *   - Structs that begin with struct_size may grow: fields are only ever appended, and the library reads and writes
 *     as many bytes as struct_size says. What a smaller, older struct lacks has its default.
 *   - Text is UTF-8. Float arrays are C-contiguous, row-major, IEEE 754 binary32.
 *   - Threads: a model or a tokenizer is immutable after load and may be used by any
 *     number of threads at once, and so is a classifier; a video is for one thread at a time. Free a handle
 *     after its last user. Results have the same bits whatever the number of
 *     threads, the batch, who else is calling, or how the calling thread rounds numbers.
 *   - fork: in a child process, calls on a handle made by the parent answer
 *     ACTIONCLIP_ERROR_FORKED, and freeing such a handle does nothing.
 *   - Stack: a calling thread needs 64 KiB, for videos 128 KiB (test_stack.c measures it).
 *   - The library prints nothing, never exits, installs no signal handler, changes no
 *     environment, locale or floating-point mode, and keeps no thread until a model
 *     with threads > 1 first computes or a video is decoded with threads.
 *
 * docs/ERRORS.md, docs/EMBEDDING.md and docs/MODEL.md say more.
 */
#ifndef ACTIONCLIP_H
#define ACTIONCLIP_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#error "libactionclip is for Linux"
#elif defined(__GNUC__)
#define ACTIONCLIP_API __attribute__((visibility("default")))
#else
#define ACTIONCLIP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ versions */

#define ACTIONCLIP_VERSION_MAJOR 0
#define ACTIONCLIP_VERSION_MINOR 1
#define ACTIONCLIP_VERSION_PATCH 0
/* Counts incompatible changes of the binary interface; it is the SONAME's number. */
#define ACTIONCLIP_ABI_VERSION 0

/* Returns the version of the library at run time, "0.1.0". Static string. */
ACTIONCLIP_API const char *actionclip_version(void);

/* Returns the ACTIONCLIP_ABI_VERSION of the library at run time; refuse to go on if it is another than the header's. */
ACTIONCLIP_API int32_t actionclip_abi_version(void);

/* Gives the value of any integer constant of this header by its name, for languages that
 * cannot see macros: actionclip_constant("ACTIONCLIP_HEAD_LSTM", &value). */
ACTIONCLIP_API int32_t actionclip_constant(const char *name, int64_t *value_out);

/* -------------------------------------------------------------------- errors */

#define ACTIONCLIP_OK 0
/* -1x: the caller's arguments */
#define ACTIONCLIP_ERROR_INVALID_ARGUMENT (-10) /* NULL, out of range, wrong size */
#define ACTIONCLIP_ERROR_BUFFER_TOO_SMALL (-11) /* an output's capacity is too small */
#define ACTIONCLIP_ERROR_INVALID_HANDLE (-12)   /* not a live handle of this kind */
#define ACTIONCLIP_ERROR_INVALID_UTF8 (-13)     /* text is not UTF-8 */
#define ACTIONCLIP_ERROR_TEXT_TOO_LONG (-14)    /* more tokens than the context holds */
#define ACTIONCLIP_ERROR_NOT_FINITE (-15)       /* NaN or infinity in numbers given, or in a tensor of a file */
#define ACTIONCLIP_ERROR_FORKED (-16)           /* the handle belongs to a parent process */
#define ACTIONCLIP_ERROR_CANCELLED (-17)        /* the cancel token that the thread uses is set */
/* -2x: files */
#define ACTIONCLIP_ERROR_FILE_OPEN (-20) /* missing, unreadable or not a regular file */
#define ACTIONCLIP_ERROR_FILE_READ (-21) /* reading failed half-way, or the file was changed meanwhile */
#define ACTIONCLIP_ERROR_FILE_WRITE (-22) /* a file could not be written */
#define ACTIONCLIP_ERROR_HASH_MISMATCH (-24) /* another file than expected_sha256 says */
/* -3x: formats */
#define ACTIONCLIP_ERROR_FORMAT_UNKNOWN (-30)     /* no known format begins like this */
#define ACTIONCLIP_ERROR_FORMAT_INVALID (-31)     /* damaged, truncated or contradictory */
#define ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED (-32) /* sound, but not read by this version */
#define ACTIONCLIP_ERROR_FORMAT_LIMIT (-33)       /* beyond a size or depth limit */
/* -4x: the model and its options */
#define ACTIONCLIP_ERROR_MISSING_TENSOR (-40) /* the checkpoint lacks a tensor it needs */
#define ACTIONCLIP_ERROR_TENSOR_SHAPE (-41)   /* a tensor's shape or type does not fit */
#define ACTIONCLIP_ERROR_OPTION_CONFLICT (-42) /* an option contradicts the checkpoint */
#define ACTIONCLIP_ERROR_NO_TOKENIZER (-43)    /* text was given, no tokenizer was found */
#define ACTIONCLIP_ERROR_TOKENIZER_INVALID (-44) /* the merge list or tokenizer.json does not fit */
/* -5x: resources */
#define ACTIONCLIP_ERROR_OUT_OF_MEMORY (-50)
/* -51 is not used: where the system gives fewer threads, fewer compute */
#define ACTIONCLIP_ERROR_UNAVAILABLE (-52) /* an optional system library is missing */
#define ACTIONCLIP_ERROR_TIME_LIMIT (-53)  /* a limit on time ran out */
/* -6x: video */
#define ACTIONCLIP_ERROR_VIDEO_INVALID (-60) /* not a video FFmpeg can read, or none in it */
#define ACTIONCLIP_ERROR_VIDEO_DECODE (-61)  /* no frame could be decoded */
/* -9x: a defect in this library; please report it */
#define ACTIONCLIP_ERROR_INTERNAL (-90)

/* Returns a status's name, "ACTIONCLIP_ERROR_FILE_OPEN" for -20 and so on; "unknown status" for a code that this
 * version does not know. Static string, never NULL. */
ACTIONCLIP_API const char *actionclip_status_name(int32_t status);

/* Returns one line about this thread's latest failed call; "" after a successful one. Owned by the library, valid
 * until this thread's next call that returns a status or asks a model for something. Never NULL. */
ACTIONCLIP_API const char *actionclip_last_error(void);

/* ---------------------------------------------------------------- cancelling */

/* Ends long calls early. A thread uses a token; once another thread sets it, the first one's call answers
 * ACTIONCLIP_ERROR_CANCELLED within the time that one frame or one group of prompts takes, its outputs untouched and
 * its handles as good as before. These calls hear it: loading, describing and saving files, opening, examining and
 * reading videos, preprocessing, everything that encodes or tokenizes, similarity, and making, changing and scoring
 * with a classifier. With the token set they answer so at once. Other calls go on.
 *
 *   actionclip_thread_use_cancel_token(token, NULL);              // this thread, before its calls
 *   actionclip_cancel(token);                                     // any thread, or a signal handler
 *   actionclip_cancel_token_reset(token);                         // once the call has ended
 */
typedef struct actionclip_cancel_token actionclip_cancel_token;

/* Makes a token that is not set. Free it with actionclip_cancel_token_free. Unlike other handles it may be used in a
 * forked child, where it is a copy. */
ACTIONCLIP_API int32_t actionclip_cancel_token_create(actionclip_cancel_token **token_out);
/* Frees a token. Threads that still use it go on using it as it was. NULL is fine. */
ACTIONCLIP_API void actionclip_cancel_token_free(actionclip_cancel_token *token);

/* Sets a token, from any thread, any number of times. It is the one function that a signal handler may call. NULL is
 * ignored. */
ACTIONCLIP_API void actionclip_cancel(actionclip_cancel_token *token);
/* Returns 1 if a token is set, 0 if not, or a negative status. */
ACTIONCLIP_API int32_t actionclip_cancel_token_is_cancelled(const actionclip_cancel_token *token);
/* Makes a token one that is not set, so that its threads' calls go on again. */
ACTIONCLIP_API int32_t actionclip_cancel_token_reset(actionclip_cancel_token *token);

/* Makes the calling thread's calls hear a token from now on, in place of the one before; NULL: none, as at first. Any
 * number of threads may use one token. *previous_out, which may be NULL, is the one before, to go back to as long as
 * it lives; NULL if there was none, or it was freed meanwhile. A thread that ends lets its token go. */
ACTIONCLIP_API int32_t actionclip_thread_use_cancel_token(actionclip_cancel_token *token,
                                                          actionclip_cancel_token **previous_out);

/* --------------------------------------------------------------- load models */

/* A loaded model: both encoders, the temporal head, the tokenizer that was found, and the threads that compute. */
typedef struct actionclip_model actionclip_model;

/* Three-way choices: as the checkpoint says, on, off. */
#define ACTIONCLIP_AS_CHECKPOINT 0
#define ACTIONCLIP_ON 1
#define ACTIONCLIP_OFF 2

/* Temporal heads, which join the T frame embeddings of a video (the paper's post-network prompts, section 3.3). */
#define ACTIONCLIP_HEAD_AS_CHECKPOINT 0
#define ACTIONCLIP_HEAD_MEANP 1
#define ACTIONCLIP_HEAD_CONV_1D 2
#define ACTIONCLIP_HEAD_LSTM 3
#define ACTIONCLIP_HEAD_TRANSF 4
#define ACTIONCLIP_HEAD_TRANSF_CLS 5

/* Compute types: the numbers in which the encoders multiply matrices. bf16 rounds weights and activations to 8
 * bits of mantissa. int8 rounds the weights of each output to 127 steps of their largest, and each row of activations
 * to 255 steps of its range. Sums, LayerNorm, softmax and the sum
 * of residuals stay fp32, attention is bf16 in both, and small heads (Conv_1D, LSTM) and the last
 * projections stay fp32. docs/SPEED.md tells the speed, memory and accuracy of each. */
#define ACTIONCLIP_COMPUTE_DEFAULT 0 /* the file's own (docs/FORMAT.md), else fp32 */
#define ACTIONCLIP_COMPUTE_FP32 1
#define ACTIONCLIP_COMPUTE_BF16 2
#define ACTIONCLIP_COMPUTE_INT8 3

/* The activation of the encoders' MLPs. It is not in the weights: OpenAI's, DFN's and MetaCLIP's models and
 * ActionCLIP have QuickGELU, x sigmoid(1.702 x); open_clip's own from LAION and DataComp have GELU, with the exact
 * error function. The wrong one gives embeddings that look right and rank worse. */
#define ACTIONCLIP_ACTIVATION_AS_CHECKPOINT 0 /* the file's own (docs/FORMAT.md), else QuickGELU */
#define ACTIONCLIP_ACTIVATION_QUICK_GELU 1
#define ACTIONCLIP_ACTIVATION_GELU 2

/* Choices made at load. Fill it with actionclip_model_options_init, then change what
 * you want; NULL in place of the struct means all defaults. A choice the checkpoint
 * contradicts is an error, not a guess. */
typedef struct actionclip_model_options {
  uint32_t struct_size;   /* sizeof(actionclip_model_options), set by _init */
  int32_t joint;          /* pre-network joint space-time tokens: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF */
  int32_t temporal_shift; /* in-network temporal shift: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF */
  int32_t head;           /* ACTIONCLIP_HEAD_*; without evidence in the file: MeanP */
  int32_t frames;         /* T, frames per video; 0: as the checkpoint says, else 8 */
  int32_t threads;        /* threads that compute, the caller's included; 0: one per available processor */
  int32_t compute_type;   /* ACTIONCLIP_COMPUTE_* */
  /* Temporal view: the number of frames on each side that a frame's tokens attend to besides their own, 1 to 3.
   * Open-VCLIP's expand_temporal_view is 1, which its averaged files (swa_*.pth) do not tell. 0: as the checkpoint
   * says; -1: none. */
  int32_t temporal_view;
  /* Path of CLIP's BPE merge list, or of Hugging Face's tokenizer.json (see actionclip_tokenizer_load).
   * NULL: the merge list inside the model's file, else the first file beside it that is named
   * bpe_simple_vocab_16e6.txt.gz, bpe_simple_vocab_16e6.txt, merges.txt or tokenizer.json, if
   * there is one. */
  const char *tokenizer_path;
  /* Numbers of the processors that the model's own threads are bound to, in turn; the thread that calls is left as it
   * is. NULL: they may run where the thread may that first computes
   * with the model. With threads 0 there is one thread for each. Borrowed for the call. */
  const int32_t *processors;
  size_t processor_count;
  /* The SHA-256 that the file must have: 64 hexadecimal digits, either case; NULL: any. Another file is
   * ACTIONCLIP_ERROR_HASH_MISMATCH before anything in it is parsed. To be hashed, the file is read once, as a
   * whole, and the model is made of those bytes: until it is loaded, it takes the file's size in memory beside
   * the model, which a safetensors file does not otherwise. */
  const char *expected_sha256;
  int32_t compute_sha256; /* ACTIONCLIP_ON: hash the file, for actionclip_model_sha256, whatever its hash is */
  int32_t activation;     /* ACTIONCLIP_ACTIVATION_* */
  /* Path of a CLIP file that gives the token embedding where the weights lack it, as ViFi-CLIP's do: the CLIP
   * that they were trained from. NULL: none. */
  const char *base_path;
  /* The model's name in open_clip, "ViT-B-16-quickgelu" or, with the weights' tag, "ViT-B-16/laion2b_s34b_b88k": it
   * tells the activation, and the heads of the larger ones. For files of open_clip's without their
   * open_clip_config.json beside them, before which it goes. NULL: none. */
  const char *open_clip_name;
} actionclip_model_options;

/* Sets struct_size and every default of a struct of `struct_size` bytes, the sizeof of the caller's own header, and
 * writes nothing beyond. NULL is ignored. A size that no version of the struct can have sets struct_size to 0, which
 * every call refuses. Every options struct has such a function, and _init, which is part of the caller's program and
 * passes the size: a program built against an older header, whose struct is smaller, goes on working with a newer
 * library. Languages that cannot see an inline function call _init_sized with their own struct's size. */
ACTIONCLIP_API void actionclip_model_options_init_sized(actionclip_model_options *options, size_t struct_size);
static inline void actionclip_model_options_init(actionclip_model_options *options) {
  actionclip_model_options_init_sized(options, sizeof *options);
}

/* Loads a model from a safetensors file, a torch.save checkpoint or CLIP's own TorchScript archive (told apart by
 * content; of the last only tensors are read, never its programs), an
 * index of shards, or a folder of Hugging Face's or open_clip's. Names of tensors may be the reference's and CLIP's,
 * Hugging Face CLIP's, open_clip's, mmaction2's ActionCLIP's, ViFi-CLIP's or Open-VCLIP's (docs/FAMILIES.md); a
 * config.json or open_clip_config.json beside the file is read where the layout needs one.
 * The options that a file made by actionclip_model_save, or one like it (docs/FORMAT.md), states about itself
 * count as the checkpoint's word. The file is read into memory and closed.
 *
 * A path like "openai/clip-vit-base-patch16", where there is no such file, is a model of Hugging Face: it is loaded
 * from the cache that its own tools keep (docs/EMBEDDING.md says where). Nothing is downloaded; where it is not in
 * the cache, ACTIONCLIP_ERROR_FILE_OPEN says by which command it is.
 *
 * path NULL is the default model: the file that the environment variable ACTIONCLIP_MODEL
 * names; without it, actionclip-shapes.safetensors in ../share/actionclip or
 * ../../share/actionclip from the folder of the loaded libactionclip.so. Where there is none,
 * ACTIONCLIP_ERROR_FILE_OPEN names every place looked at.
 *
 * Free with actionclip_model_free. */
ACTIONCLIP_API int32_t actionclip_model_load(const char *path,
                                             const actionclip_model_options *options,
                                             actionclip_model **model_out);

/* Loads a model from the `size` bytes of a file in memory, which may be freed after the call. Nothing lies beside
 * them: name tokenizer_path to encode prompts if the bytes hold no merge list. A Hugging Face file needs
 * `activation`, and an index of shards cannot be given; a file that actionclip_model_save made needs nothing. */
ACTIONCLIP_API int32_t actionclip_model_load_buffer(const void *data, size_t size,
                                                    const actionclip_model_options *options,
                                                    actionclip_model **model_out);

/* Describes a file or folder of weights, whether or not it can be loaded: lines of "key: value" for people, of which
 * the first are its format, the layout of its names, and its tensors. *text_size_out is the size of the text in
 * bytes, the NUL included, and text_capacity must be at least that; with text_out NULL and text_capacity 0 only the
 * size is returned. Fails where not even the tensors can be listed. */
ACTIONCLIP_API int32_t actionclip_file_describe(const char *path, char *text_out, size_t text_capacity,
                                                size_t *text_size_out);

/* Joins the model's threads and releases it. NULL is fine. */
ACTIONCLIP_API void actionclip_model_free(actionclip_model *model);

#define ACTIONCLIP_FILE_SAFETENSORS 1
#define ACTIONCLIP_FILE_TORCH 2
#define ACTIONCLIP_FILE_TORCHSCRIPT 3

/* The sizes and options of a loaded model, after every choice was resolved. */
typedef struct actionclip_model_info {
  uint32_t struct_size;       /* set it to sizeof(actionclip_model_info) before the call */
  int32_t file_type;          /* ACTIONCLIP_FILE_* */
  int32_t image_size;         /* S, input side in pixels */
  int32_t patch_size;         /* p */
  int32_t vision_width;       /* W */
  int32_t vision_layers;      /* L */
  int32_t vision_heads;       /* stated by the file, its configuration or open_clip_name; else as released models */
  int32_t embedding_size;     /* E, length of every embedding */
  int32_t text_width;         /* X */
  int32_t text_layers;
  int32_t text_heads;         /* stated by the same; else X / 64 */
  int32_t context_length;     /* C, token ids per prompt */
  int32_t vocabulary_size;    /* V */
  int32_t frames;             /* T */
  int32_t joint;              /* 1 or 0 */
  int32_t temporal_shift;     /* 1 or 0 */
  int32_t head;               /* ACTIONCLIP_HEAD_*; MeanP when joint (it then has nothing to join) */
  int32_t compute_type;       /* ACTIONCLIP_COMPUTE_* */
  int32_t threads;            /* threads that compute */
  int32_t has_tokenizer;      /* 1 if prompts can be encoded */
  float logit_scale;          /* exp of the checkpoint's logit_scale: the scale it was trained with */
  int32_t heads_assumed;      /* 1 if nothing told the numbers of heads, and they are a guess */
  int64_t parameters;         /* weights used by this model */
  int64_t weight_bytes;       /* memory that they take */
  /* Working memory of one call that encodes one video; a batch is taken in groups and needs at most
   * a few times that. It is taken when first needed and kept: a call like an earlier one takes none. */
  int64_t video_bytes;
  int64_t text_bytes;         /* working memory of one call that encodes prompts, however many */
  int32_t activation;         /* ACTIONCLIP_ACTIVATION_QUICK_GELU or _GELU */
  int32_t activation_assumed; /* 1 if neither the file nor the caller told it, and QuickGELU is a guess */
  /* 1 if the frames of a video do not see each other before the temporal head: each may be encoded alone and joined
   * with others later. 0 with joint, temporal shift or a temporal view. */
  int32_t frames_independent;
  int32_t reserved;           /* 0 */
} actionclip_model_info;

/* Fills *info_out, whose struct_size the caller has set, with a model's sizes and options. */
ACTIONCLIP_API int32_t actionclip_model_get_info(const actionclip_model *model,
                                                 actionclip_model_info *info_out);

/* Returns the family whose layout the file has: "CLIP" (which is the reference's too), "Hugging Face CLIP",
 * "open_clip", "mmaction2's ActionCLIP", "ViFi-CLIP" or "Open-VCLIP". Static string; NULL for a handle that is none. */
ACTIONCLIP_API const char *actionclip_model_family(const actionclip_model *model);

/* Returns the assumption at `index` about the model, made because neither its file nor the caller states the thing:
 * "the activation, QuickGELU (option activation)". A static line for people, to be shown once beside results;
 * NULL beyond the last. */
ACTIONCLIP_API const char *actionclip_model_assumption(const actionclip_model *model, int32_t index);

/* The model's file may hold, besides the weights, the labels it is meant to tell apart, the
 * templates it was trained with, and notes by key: "description", "license", "source", ...
 * These functions give them. Counts are 0 where it says nothing, or a negative status. Strings belong to the model and
 * live as long as it does; NULL if there is none of this index or key. */
ACTIONCLIP_API int32_t actionclip_model_label_count(const actionclip_model *model);
ACTIONCLIP_API const char *actionclip_model_label(const actionclip_model *model, int32_t index);
ACTIONCLIP_API int32_t actionclip_model_template_count(const actionclip_model *model);
ACTIONCLIP_API const char *actionclip_model_template(const actionclip_model *model, int32_t index);
ACTIONCLIP_API const char *actionclip_model_note(const actionclip_model *model, const char *key);
/* These give the number of notes and their keys, sorted. */
ACTIONCLIP_API int32_t actionclip_model_note_count(const actionclip_model *model);
ACTIONCLIP_API const char *actionclip_model_note_key(const actionclip_model *model, int32_t index);

/* Gives a note on a label that the model does not know: one line for people, "" where there is nothing to say. Only
 * a model whose file names its labels and has a vocabulary of its own, as the default model's, can tell; it names
 * the words that it never learned. With label NULL, the note is about the model. *text_size_out, text_out and
 * text_capacity are as in actionclip_file_describe. The label is used as ever, whatever this says. */
ACTIONCLIP_API int32_t actionclip_model_label_note(const actionclip_model *model, const char *label, char *text_out,
                                                   size_t text_capacity, size_t *text_size_out);

/* Returns the SHA-256 of the file, or of the buffer, that the model was loaded from: 64 lower-case hexadecimal
 * digits, which belong to the model. NULL if it was not computed: neither
 * actionclip_model_options.expected_sha256 nor .compute_sha256 asked for it. */
ACTIONCLIP_API const char *actionclip_model_sha256(const actionclip_model *model);

/* --------------------------------------------------------------- save models */

/* Element types of the matrices in a saved file. */
#define ACTIONCLIP_STORAGE_FP32 0 /* loaded again, the model gives the same bits */
#define ACTIONCLIP_STORAGE_FP16 1 /* matrices rounded to half precision: half the size */
/* For ACTIONCLIP_COMPUTE_BF16 and _INT8: half and a bit more than a quarter of the size, loaded in
 * little more than the time to read it, and the same bits as the model that was loaded in fp32 gives
 * when it is loaded in that precision. It is then the default of ACTIONCLIP_COMPUTE_DEFAULT. */
#define ACTIONCLIP_STORAGE_BF16 2
#define ACTIONCLIP_STORAGE_INT8 3

/* Contents of a saved file besides the weights, the options in use and the merge list in use. NULL
 * in a field keeps the model's own; NULL in place of the struct keeps all of them. */
typedef struct actionclip_save_options {
  uint32_t struct_size;         /* sizeof(actionclip_save_options), set by _init */
  int32_t storage;              /* ACTIONCLIP_STORAGE_*; of a model loaded in bf16 or int8, that one only */
  const char *const *labels;    /* not NULL with label_count 0: none */
  size_t label_count;
  const char *const *templates; /* not NULL with template_count 0: none, meaning the reference's */
  size_t template_count;
  const char *description;      /* "": none */
  const char *license;          /* "": none */
  const char *source;           /* "": none; where the weights are from */
  /* Other notes: keys of lower-case letters, digits, "_" and ".", not those of docs/FORMAT.md's own
   * table, and a text for each, of which "" takes a note away. */
  const char *const *note_keys;
  const char *const *note_texts;
  size_t note_count;
} actionclip_save_options;

/* Sets every default, as actionclip_model_options_init_sized does. */
ACTIONCLIP_API void actionclip_save_options_init_sized(actionclip_save_options *options, size_t struct_size);
static inline void actionclip_save_options_init(actionclip_save_options *options) {
  actionclip_save_options_init_sized(options, sizeof *options);
}

/* Writes the model as one file (docs/FORMAT.md) that needs nothing beside it. A file at `path`
 * is replaced in one step when the new one is complete and on the disk, and left as it was on
 * failure. The new one has the old one's mode (without setuid and the like) and, as far as the
 * process may give them, its owner and group; else its group gets no more than everybody. A
 * symbolic link stays and what it points to is replaced; one that points to nothing is refused.
 * A temporary file that a killed process left is removed by the next save of the same path. */
ACTIONCLIP_API int32_t actionclip_model_save(const actionclip_model *model, const char *path,
                                             const actionclip_save_options *options);

/* ------------------------------------------------------------- encode frames */

/* Orders of the bytes of a pixel. */
#define ACTIONCLIP_PIXEL_RGB 1
#define ACTIONCLIP_PIXEL_BGR 2
#define ACTIONCLIP_PIXEL_RGBA 3 /* alpha is ignored, but by ACTIONCLIP_RESIZE_CLIP and _HUGGING_FACE */
#define ACTIONCLIP_PIXEL_BGRA 4 /* alpha as in RGBA */
#define ACTIONCLIP_PIXEL_GRAY 5

/* An 8-bit image in the caller's memory. This layout is frozen: it is used in arrays. */
typedef struct actionclip_image {
  const uint8_t *data;  /* first byte of the top row */
  int64_t row_stride;   /* bytes from one row to the next; 0: rows are packed */
  int32_t width;        /* pixels, 1 .. 65535 */
  int32_t height;       /* pixels, 1 .. 65535 */
  int32_t pixel_format; /* ACTIONCLIP_PIXEL_* */
  int32_t reserved;     /* 0 */
} actionclip_image;

/* Ways to resize an image. ACTIONCLIP is bicubic as Pillow has it, the short side to S*256/224 (the reference); CLIP
 * and HUGGING_FACE the same to S (CLIP's own); MMACTION2 is bilinear as OpenCV has it, the short side to S*256/224,
 * with sizes and crops as mmaction2 and, after it, X-CLIP and ViFi-CLIP have them. CLIP and HUGGING_FACE
 * (transformers) differ where a margin is odd, and in RGBA: CLIP resizes colours with their alpha, as Pillow does,
 * and then drops it; HUGGING_FACE lays the picture on white, as transformers 5 does. */
#define ACTIONCLIP_RESIZE_ACTIONCLIP 0
#define ACTIONCLIP_RESIZE_CLIP 1
#define ACTIONCLIP_RESIZE_MMACTION2 2
#define ACTIONCLIP_RESIZE_HUGGING_FACE 3

/* Crops, S x S squares of the resized image: its centre, or one of the two ends of its long side
 * (left/right or top/bottom), as in the paper's three-crop evaluation. */
#define ACTIONCLIP_CROP_CENTER 0
#define ACTIONCLIP_CROP_START 1
#define ACTIONCLIP_CROP_END 2

/* The way in which an image becomes the network's input. NULL in place of the struct means the model's own, and all
 * defaults where there is no model. */
typedef struct actionclip_preprocess_options {
  uint32_t struct_size; /* sizeof(actionclip_preprocess_options), set by _init */
  int32_t resize;       /* ACTIONCLIP_RESIZE_* */
  int32_t crop;         /* ACTIONCLIP_CROP_* */
  int32_t short_side;   /* resized short side in pixels, >= S; 0: that of `resize` */
  float mean[3];        /* R, G, B on the 0..1 scale; _init sets CLIP's */
  float std[3];         /* R, G, B on the 0..1 scale; _init sets CLIP's; > 0 */
} actionclip_preprocess_options;

/* Sets every default, as actionclip_model_options_init_sized does. */
ACTIONCLIP_API void actionclip_preprocess_options_init_sized(actionclip_preprocess_options *options,
                                                             size_t struct_size);
static inline void actionclip_preprocess_options_init(actionclip_preprocess_options *options) {
  actionclip_preprocess_options_init_sized(options, sizeof *options);
}

/* Gives the model's own preprocessing, to change one field of it: the file's, or that of the family of its weights
 * (docs/FAMILIES.md); else the defaults. struct_size must be set, by _init say. */
ACTIONCLIP_API int32_t actionclip_model_preprocess_options(
    const actionclip_model *model, actionclip_preprocess_options *options_out);

/* Encodes the images of videos to embeddings. `frames` holds videos*T images, the T frames of the first video
 * first; sizes may differ. video_out [videos, E]; frame_out, which may be NULL, [videos*T, E],
 * or [videos, E] when the model is joint. Embeddings are not normalised.
 * Source: reference test.py, modules/Visual_Prompt.py. */
ACTIONCLIP_API int32_t actionclip_encode_frames(const actionclip_model *model,
                                                const actionclip_image *frames, size_t frame_count,
                                                const actionclip_preprocess_options *options,
                                                float *video_out, size_t video_capacity,
                                                float *frame_out, size_t frame_capacity);

/* Encodes videos, as actionclip_encode_frames does, from pixels already resized, cropped and normalised: float
 * [frame_count, 3, S, S] in RGB plane order, frame_count = videos*T; pixel_count is the number of floats. */
ACTIONCLIP_API int32_t actionclip_encode_pixels(const actionclip_model *model,
                                                const float *pixels, size_t pixel_count,
                                                size_t frame_count,
                                                float *video_out, size_t video_capacity,
                                                float *frame_out, size_t frame_capacity);

/* Encodes images each by itself, any number from 1 on: frame_out [frame_count, E] has the same bits as the frame_out of
 * actionclip_encode_frames. So the windows of a stream or of a long video share their frames: encode each frame
 * once, keep its embedding, and join those of a window with actionclip_join_frames. A model whose
 * frames_independent (actionclip_model_info) is 0 answers ACTIONCLIP_ERROR_OPTION_CONFLICT. */
ACTIONCLIP_API int32_t actionclip_encode_single_frames(const actionclip_model *model,
                                                       const actionclip_image *frames, size_t frame_count,
                                                       const actionclip_preprocess_options *options,
                                                       float *frame_out, size_t frame_capacity);

/* Encodes frames each by itself, as actionclip_encode_single_frames does, from pixels already resized, cropped and
 * normalised: float [frame_count, 3, S, S] in RGB plane order; pixel_count is the number of floats. */
ACTIONCLIP_API int32_t actionclip_encode_single_pixels(const actionclip_model *model,
                                                       const float *pixels, size_t pixel_count,
                                                       size_t frame_count,
                                                       float *frame_out, size_t frame_capacity);

/* Joins frame embeddings to video embeddings with the model's temporal head. `frames` holds the rows that frame_out
 * gives, not normalised, the first video's first: [videos*T, E], frame_count = videos*T; of a joint model [videos, E],
 * frame_count = videos. video_out [videos, E] has the same bits as the video_out of encoding the frames together. */
ACTIONCLIP_API int32_t actionclip_join_frames(const actionclip_model *model,
                                              const float *frames, size_t frame_count,
                                              float *video_out, size_t video_capacity);

/* --------------------------------------------------------------- video files */

/* An open video file. FFmpeg's libraries are bound when the first one is opened; where they are missing
 * these functions return ACTIONCLIP_ERROR_UNAVAILABLE and everything else works. */
typedef struct actionclip_video actionclip_video;

/* Choices of the frames that actionclip_encode_video and actionclip_video_read_frames decode:
 *   NEEDED      the wanted ones and those they are made from: for an undamaged video the same
 *               frames, bit for bit, as ALL, sooner. Frames are numbered by the timestamps of
 *               packets, for H.264, HEVC, MPEG-4, VP9 and AV1 and where every packet is sure to be one
 *               frame; otherwise, and at the decoder's first complaint, as ALL. So damage is met, and
 *               told, only in what is decoded, and a frame that would be lost elsewhere keeps its number.
 *   ALL         every frame from the first on.
 *   KEY_FRAMES  an approximation, for large archives: in place of each frame the nearest key frame,
 *               the earlier of two; nothing else is decoded. That is another picture, up to half
 *               the distance of key frames away (seconds, often), and several wanted frames may get
 *               the same one. seconds_out has the times of the frames given. Where frames are not
 *               numbered by packets, as ALL, with the wanted frames themselves. */
#define ACTIONCLIP_DECODE_NEEDED 0
#define ACTIONCLIP_DECODE_ALL 1
#define ACTIONCLIP_DECODE_KEY_FRAMES 2

/* Two limits are for files that were made to hold a program up; real videos do not come near the usual ones.
 * max_milliseconds is what one call may take, opening or any later one, until its last frame is decoded; beyond it
 * ACTIONCLIP_ERROR_TIME_LIMIT. 0: five minutes, and a second more for every 2048 bytes of the file.
 * max_pixels_per_byte is how many pixels are decoded for each byte of the file, with 2^30 more for any file, on one
 * way through the video; beyond it ACTIONCLIP_ERROR_FORMAT_LIMIT. 0: 2^17, four times what a black picture in 4K
 * that never changes comes to. INT64_MAX is no limit for either. */
typedef struct actionclip_video_options {
  uint32_t struct_size;  /* sizeof(actionclip_video_options), set by _init */
  int32_t threads;       /* decoder threads; 0: one per available processor */
  int64_t max_pixels;    /* refuse larger pictures; 0: 2^25 (8K) */
  int32_t decode;        /* ACTIONCLIP_DECODE_* */
  int32_t reserved;      /* 0 */
  int64_t max_milliseconds;    /* what one call may take; 0: grows with the file */
  int64_t max_pixels_per_byte; /* what is decoded; 0: 2^17 */
} actionclip_video_options;

/* Sets every default, as actionclip_model_options_init_sized does. */
ACTIONCLIP_API void actionclip_video_options_init_sized(actionclip_video_options *options, size_t struct_size);
static inline void actionclip_video_options_init(actionclip_video_options *options) {
  actionclip_video_options_init_sized(options, sizeof *options);
}

/* Opens the best video stream of a regular file. Nothing that the file refers to is
 * opened. options may be NULL. Free with actionclip_video_free. A file that is changed while it is open is
 * ACTIONCLIP_ERROR_FILE_READ from then on; one that another is renamed over is read as it was. */
ACTIONCLIP_API int32_t actionclip_video_open(const char *path,
                                             const actionclip_video_options *options,
                                             actionclip_video **video_out);

/* Opens a video from the `size` bytes of a file in memory, which must live until actionclip_video_free. */
ACTIONCLIP_API int32_t actionclip_video_open_buffer(const void *data, size_t size,
                                                    const actionclip_video_options *options,
                                                    actionclip_video **video_out);

/* Closes a video and releases it. NULL is fine. */
ACTIONCLIP_API void actionclip_video_free(actionclip_video *video);

/* Size, length and damage of a video. */
typedef struct actionclip_video_info {
  uint32_t struct_size;   /* set it to sizeof(actionclip_video_info) before the call */
  int32_t width;          /* pixels of a frame as returned, after rotation */
  int32_t height;         /* pixels of a frame as returned, after rotation */
  int32_t rotation;       /* clockwise degrees applied to every frame: 0, 90, 180, 270 */
  int64_t frame_count;    /* frames that decode, counted by decoding once */
  int64_t damaged_frames; /* number of frames that the decoder marked as damaged; -1: not known */
  double duration;        /* seconds, from the first frame to the end of the last */
  double frame_rate;      /* average, frames per second; 0 if unknown */
} actionclip_video_info;

/* Gives a video's facts. Decodes the whole stream once if that has not been done yet. */
ACTIONCLIP_API int32_t actionclip_video_get_info(actionclip_video *video,
                                                 actionclip_video_info *info_out);

/* Gives a video's facts as far as reading frames needs them: unless the stream has been decoded, or must be
 * (see ACTIONCLIP_DECODE_NEEDED), frames are counted by packets and damaged_frames is -1, not known. */
ACTIONCLIP_API int32_t actionclip_video_get_outline(actionclip_video *video,
                                                    actionclip_video_info *info_out);

/* Reads the frames at `indices` (0-based, presentation order, any order, repeats allowed) as RGB:
 * rgb_out [index_count, height, width, 3]. seconds_out, which may be NULL, [index_count]:
 * each frame's time from the first frame. Times are the container's and never fall; a gap stays a gap. A frame without
 * a usable time, and the first one where times begin again (files joined end to end) or leap ahead (16 times
 * as far as just before, and more than 10 seconds in MPEG-TS, MPEG-PS and Ogg, 30 hours elsewhere), is shown when the
 * frame before it ends. */
ACTIONCLIP_API int32_t actionclip_video_read_frames(actionclip_video *video,
                                                    const int64_t *indices, size_t index_count,
                                                    uint8_t *rgb_out, size_t rgb_capacity,
                                                    double *seconds_out, size_t seconds_capacity);

/* Encodes a whole video file to its embedding: T frames chosen by the model's own rule (actionclip_model_sampling),
 * decoded, preprocessed and encoded. video_out [E]; frame_out, which may be NULL, [T, E] ([E] when the model is
 * joint). options may be NULL. Where this process may use as many processors as the model and the video have threads
 * together, frames are encoded while later ones are decoded (where frames_independent is 1); the result is the same. */
ACTIONCLIP_API int32_t actionclip_encode_video(const actionclip_model *model,
                                               actionclip_video *video,
                                               const actionclip_preprocess_options *options,
                                               float *video_out, size_t video_capacity,
                                               float *frame_out, size_t frame_capacity);

/* Chooses `segments` of `frame_count` frames by the reference's rule at test time (datasets.py): indices_out
 * [segments]. */
ACTIONCLIP_API int32_t actionclip_sample_indices(int64_t frame_count, int32_t segments,
                                                 int64_t *indices_out, size_t indices_capacity);

/* Rules that choose frames: the reference's, and those of other families of checkpoints (docs/FAMILIES.md). */
#define ACTIONCLIP_SAMPLING_ACTIONCLIP 0 /* the reference's: actionclip_sample_indices */
#define ACTIONCLIP_SAMPLING_MMACTION2 1  /* mmaction2's, X-CLIP's and ViFi-CLIP's: the middle of each segment */
#define ACTIONCLIP_SAMPLING_OPEN_VCLIP 2 /* Open-VCLIP's middle view: 16*segments/30 seconds of the video */

/* Chooses frames by any rule, as actionclip_sample_indices does. frame_rate, frames per second, above 0 to 1000000,
 * is looked at by OPEN_VCLIP only. */
ACTIONCLIP_API int32_t actionclip_sample_indices_by(int32_t sampling, int64_t frame_count,
                                                    double frame_rate, int32_t segments,
                                                    int64_t *indices_out, size_t indices_capacity);

/* Returns the model's own rule, ACTIONCLIP_SAMPLING_*, or a negative status. */
ACTIONCLIP_API int32_t actionclip_model_sampling(const actionclip_model *model);

/* ------------------------------------------------------------ encode prompts */

/* Answers to a text of more than C-2 tokens. */
#define ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR 0 /* the reference */
#define ACTIONCLIP_TEXT_TRUNCATE 1          /* cut to C, last id set to end-of-text */

/* Encodes texts to embeddings, text_out [prompt_count, E], not normalised. */
ACTIONCLIP_API int32_t actionclip_encode_prompts(const actionclip_model *model,
                                                 const char *const *prompts, size_t prompt_count,
                                                 int32_t too_long,
                                                 float *text_out, size_t text_capacity);

/* Encodes every label in every template: text_out [template_count, label_count, E], template-major
 * as the reference orders them. A template is any text with one "{}" (prefix, suffix or
 * cloze prompt); templates NULL and template_count 0: the model's own
 * (actionclip_model_template) if it has some, else the reference's 16. */
ACTIONCLIP_API int32_t actionclip_encode_labels(const actionclip_model *model,
                                                const char *const *labels, size_t label_count,
                                                const char *const *templates, size_t template_count,
                                                int32_t too_long,
                                                float *text_out, size_t text_capacity);

/* These give the number of the reference's templates, and the one at `index` (static string; NULL if
 * there is none). */
ACTIONCLIP_API int32_t actionclip_template_count(void);
ACTIONCLIP_API const char *actionclip_template(int32_t index);

/* Encodes token ids to embeddings: tokens [row_count, C], each row the ids of one text with its
 * markers, zero-padded; token_count = row_count*C. text_out [row_count, E]. */
ACTIONCLIP_API int32_t actionclip_encode_tokens(const actionclip_model *model,
                                                const int32_t *tokens, size_t token_count,
                                                size_t row_count,
                                                float *text_out, size_t text_capacity);

/* Turns texts into rows of token ids, as actionclip_encode_tokens takes them:
 * tokens_out [prompt_count, C]. */
ACTIONCLIP_API int32_t actionclip_tokenize(const actionclip_model *model,
                                           const char *const *prompts, size_t prompt_count,
                                           int32_t too_long,
                                           int32_t *tokens_out, size_t tokens_capacity);

/* ---------------------------------------------------------------- similarity */

/* Compares videos with texts: logits_out [video_count, text_count] = scale * cosine. videos [video_count, E] and texts
 * [text_count, E] need not be normalised; an all-zero row has cosine 0. The reference
 * evaluates with scale 100; actionclip_model_info.logit_scale is the trained one. */
ACTIONCLIP_API int32_t actionclip_similarity(const float *videos, size_t video_count,
                                             const float *texts, size_t text_count,
                                             size_t embedding_size, float scale,
                                             float *logits_out, size_t logits_capacity);

/* Scores videos by the reference's evaluation rule: softmax over classes for each template, then the mean
 * over templates. texts [template_count, class_count, E] as actionclip_encode_labels gives
 * them; probabilities_out [video_count, class_count], each row summing to 1. */
ACTIONCLIP_API int32_t actionclip_probabilities(const float *videos, size_t video_count,
                                                const float *texts, size_t template_count,
                                                size_t class_count, size_t embedding_size,
                                                float scale,
                                                float *probabilities_out,
                                                size_t probabilities_capacity);

/* --------------------------------------------------------------- classifiers */

/* A list of labels whose embeddings are kept, for scoring one video after another. It may be used by any
 * number of threads at once, and its labels may be changed meanwhile: a call goes on with the list that
 * it began with. It keeps what it needs of the model, whose handle may be freed before it. */
typedef struct actionclip_classifier actionclip_classifier;

/* A classifier's list as it was at one moment: its labels and all that it scores them by. It never changes, any
 * number of threads may use it at once, and it may outlive the classifier. Lists are numbered by their generation:
 * 1 for the one that a classifier is created with, one more for each that takes its place. */
typedef struct actionclip_label_list actionclip_label_list;

/* Makes a classifier, encoding the labels as actionclip_encode_labels does: 1 to 2^20 of them, in templates given, the
 * model's own, or the reference's. Free with actionclip_classifier_free. */
ACTIONCLIP_API int32_t actionclip_classifier_create(const actionclip_model *model,
                                                    const char *const *labels, size_t label_count,
                                                    const char *const *templates,
                                                    size_t template_count, int32_t too_long,
                                                    actionclip_classifier **classifier_out);
/* Releases a classifier. NULL is fine. */
ACTIONCLIP_API void actionclip_classifier_free(actionclip_classifier *classifier);

/* Sets another list of labels. Labels that the classifier has already keep their embeddings, so that adding a few to
 * many costs those few; the results have the same bits as a new classifier's. On failure the list
 * stays as it was. generation_out, which may be NULL, is the new list's generation. */
ACTIONCLIP_API int32_t actionclip_classifier_set_labels(actionclip_classifier *classifier,
                                                        const char *const *labels,
                                                        size_t label_count,
                                                        int64_t *generation_out);
/* Returns the number of labels that a classifier has at the moment, or a negative status. */
ACTIONCLIP_API int32_t actionclip_classifier_label_count(const actionclip_classifier *classifier);

/* Scores videos [video_count, E], as actionclip_probabilities does, by the list of the moment: probabilities_out
 * [video_count, labels], rows packed. label_count_out and generation_out, which may be NULL, tell the length and the
 * generation of that list. Where another thread may set labels meanwhile, only a list of the caller's own tells how
 * much room a call needs (actionclip_label_list_score). */
ACTIONCLIP_API int32_t actionclip_classifier_score(const actionclip_classifier *classifier,
                                                   const float *videos, size_t video_count,
                                                   float scale,
                                                   float *probabilities_out,
                                                   size_t probabilities_capacity,
                                                   size_t *label_count_out,
                                                   int64_t *generation_out);

/* Gives the list of the moment. Free it with actionclip_label_list_free. */
ACTIONCLIP_API int32_t actionclip_classifier_label_list(const actionclip_classifier *classifier,
                                                        actionclip_label_list **list_out);
/* Releases a list. NULL is fine. */
ACTIONCLIP_API void actionclip_label_list_free(actionclip_label_list *list);

/* These give a list's number of labels and its generation, or a negative status, and the label at `index`, which
 * belongs to the list; NULL if there is none. */
ACTIONCLIP_API int32_t actionclip_label_list_count(const actionclip_label_list *list);
ACTIONCLIP_API int64_t actionclip_label_list_generation(const actionclip_label_list *list);
ACTIONCLIP_API const char *actionclip_label_list_label(const actionclip_label_list *list, int32_t index);

/* Scores videos [video_count, E], as actionclip_probabilities does, by this list: probabilities_out
 * [video_count, count]. */
ACTIONCLIP_API int32_t actionclip_label_list_score(const actionclip_label_list *list,
                                                   const float *videos, size_t video_count,
                                                   float scale,
                                                   float *probabilities_out,
                                                   size_t probabilities_capacity);

/* --------------------------------- the tokenizer and preprocessing by themselves */

/* A tokenizer without a model. */
typedef struct actionclip_tokenizer actionclip_tokenizer;

/* Loads CLIP's byte-level BPE from a merge list (CLIP's own, or Hugging Face's merges.txt) or from a
 * tokenizer.json, plain or gzip, told apart by content. Every id of a tokenizer.json, and of a
 * vocab.json beside a merges.txt, must be CLIP's; ACTIONCLIP_ERROR_TOKENIZER_INVALID names the
 * token that is not. Texts are cleaned as CLIP does it, whatever the file. */
ACTIONCLIP_API int32_t actionclip_tokenizer_load(const char *path,
                                                 actionclip_tokenizer **tokenizer_out);
/* Releases a tokenizer. NULL is fine. */
ACTIONCLIP_API void actionclip_tokenizer_free(actionclip_tokenizer *tokenizer);

/* Turns a text of `text_size` bytes into token ids, without start and end markers. *count_out is the
 * number of ids. With ids_out NULL and capacity 0 only the count is returned. */
ACTIONCLIP_API int32_t actionclip_tokenizer_encode(const actionclip_tokenizer *tokenizer,
                                                   const char *text, size_t text_size,
                                                   int32_t *ids_out, size_t ids_capacity,
                                                   size_t *count_out);

/* Resizes (bicubic, width first; equal to Pillow before 13 to the last bit, and to later ones except
 * for images more than twice as tall as wide; or bilinear, equal to OpenCV's) and crops one image:
 * crop_out [size, size, 3] RGB. `size` is S, 1 .. 4096; mean and std are not used. */
ACTIONCLIP_API int32_t actionclip_preprocess_crop(const actionclip_image *image, int32_t size,
                                                  const actionclip_preprocess_options *options,
                                                  uint8_t *crop_out, size_t crop_capacity);

/* Resizes and crops one image as actionclip_preprocess_crop does and normalises it, /255, minus mean, over std:
 * pixels_out [3, size, size]. */
ACTIONCLIP_API int32_t actionclip_preprocess_pixels(const actionclip_image *image, int32_t size,
                                                    const actionclip_preprocess_options *options,
                                                    float *pixels_out, size_t pixels_capacity);

#ifdef __cplusplus
}
#endif

#endif /* ACTIONCLIP_H */
