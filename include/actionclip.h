/* actionclip.h: recognise actions in video by matching it against words.
 *
 * Contents, in the order of use:
 *   versions and errors  ->  cancelling  ->  load and save models  ->  frames and pixels  ->  camera frames
 *   ->  video files  ->  streams  ->  prompts and tokens  ->  similarity  ->  classifiers  ->  teach a classifier
 *   ->  weights of templates  ->  tuners  ->  events  ->  indexes  ->  the tokenizer and preprocessing alone
 *
 * The model is ActionCLIP (arXiv 2109.08472): CLIP's image encoder on T sampled
 * frames, a temporal head that joins them, CLIP's text encoder on prompts made
 * from labels, and cosine similarity between the two.
 *
 * Conventions, true of every function below:
 *   - Return value: int32_t status, 0 (ACTIONCLIP_OK) or a negative error. Codes are
 *     never reused; treat an unknown negative code as an error.
 *   - On failure actionclip_last_error() gives one line that says what is wrong and what to do. Each thread has its own
 *     message, about its latest call.
 *   - Outputs are written on success only. A buffer is followed by its capacity in
 *     elements (not bytes); a capacity larger than needed is fine.
 *   - Inputs are borrowed for the duration of the call and never modified.
 *   - Structs that begin with struct_size may grow: fields are only ever appended, and the library reads and writes as
 *     many bytes as struct_size says. Fields that a smaller, older struct lacks have their defaults.
 *   - Text is UTF-8. Float arrays are C-contiguous, row-major, IEEE 754 binary32.
 *   - Threads: any number of threads may use a model, a tokenizer, a classifier, a tracker or an index at once; a video
 *     is for one thread at a time. Free a handle after its last use. Results have the same bits for any number of
 *     threads, any batch, any other calls at the same time, and any rounding mode of the calling thread. They differ in
 *     last digits between instruction sets (ACTIONCLIP_INSTRUCTIONS_*): a model keeps to those that it was loaded with.
 *   - fork: in a child process, calls on a handle made by the parent return ACTIONCLIP_ERROR_FORKED, and freeing such a
 *     handle does nothing.
 *   - Stack: a calling thread needs 64 KiB, for videos and tuners 128 KiB (test_stack.c measures it).
 *   - The library prints nothing, never exits, installs no signal handler, and changes no environment, locale or
 *     floating-point mode. It keeps no thread until a model with threads > 1 first computes, or a video is decoded with
 *     threads.
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

/* Returns the version of the library at run time, such as "0.1.0". The string is static. */
ACTIONCLIP_API const char *actionclip_version(void);

/* Returns the ACTIONCLIP_ABI_VERSION of the library at run time. A program must stop if it differs from the
 * header's. */
ACTIONCLIP_API int32_t actionclip_abi_version(void);

/* Gives the value of the integer constant of this header that is called `name`, for languages that cannot see macros:
 * actionclip_constant("ACTIONCLIP_HEAD_LSTM", &value). */
ACTIONCLIP_API int32_t actionclip_constant(const char *name, int64_t *value_out);

/* -------------------------------------------------------------------- errors */

#define ACTIONCLIP_OK 0
/* -1x: the caller's arguments */
#define ACTIONCLIP_ERROR_INVALID_ARGUMENT (-10) /* NULL, out of range, wrong size */
#define ACTIONCLIP_ERROR_BUFFER_TOO_SMALL (-11) /* an output's capacity is too small */
#define ACTIONCLIP_ERROR_INVALID_HANDLE (-12)   /* not a live handle of this kind */
#define ACTIONCLIP_ERROR_INVALID_UTF8 (-13)     /* text is not UTF-8 */
#define ACTIONCLIP_ERROR_TEXT_TOO_LONG (-14)    /* more tokens than the context holds */
#define ACTIONCLIP_ERROR_NOT_FINITE (-15)       /* NaN or infinity in an input, or in a tensor of a file */
#define ACTIONCLIP_ERROR_FORKED (-16)           /* the handle belongs to a parent process */
#define ACTIONCLIP_ERROR_CANCELLED (-17)        /* the cancel token that the thread uses is set */
/* -2x: files */
#define ACTIONCLIP_ERROR_FILE_OPEN (-20) /* missing, unreadable or not a regular file */
#define ACTIONCLIP_ERROR_FILE_READ (-21) /* reading failed half-way, or the file was changed meanwhile */
#define ACTIONCLIP_ERROR_FILE_WRITE (-22) /* a file could not be written */
#define ACTIONCLIP_ERROR_HASH_MISMATCH (-24) /* the SHA-256 of the file is not expected_sha256 */
/* -3x: formats */
#define ACTIONCLIP_ERROR_FORMAT_UNKNOWN (-30)     /* no known format begins like this */
#define ACTIONCLIP_ERROR_FORMAT_INVALID (-31)     /* damaged, truncated or contradictory */
#define ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED (-32) /* valid, but this version does not read it */
#define ACTIONCLIP_ERROR_FORMAT_LIMIT (-33)       /* beyond a size or depth limit */
/* -4x: the model and its options */
#define ACTIONCLIP_ERROR_MISSING_TENSOR (-40) /* the checkpoint lacks a tensor it needs */
#define ACTIONCLIP_ERROR_TENSOR_SHAPE (-41)   /* a tensor's shape or type does not fit */
#define ACTIONCLIP_ERROR_OPTION_CONFLICT (-42) /* an option contradicts the checkpoint */
#define ACTIONCLIP_ERROR_NO_TOKENIZER (-43)    /* text was given, no tokenizer was found */
#define ACTIONCLIP_ERROR_TOKENIZER_INVALID (-44) /* the merge list or tokenizer.json does not fit */
/* -5x: resources */
#define ACTIONCLIP_ERROR_OUT_OF_MEMORY (-50)
/* -51 is not used: if the system refuses threads, the model computes with fewer */
#define ACTIONCLIP_ERROR_UNAVAILABLE (-52) /* an optional system library is missing */
#define ACTIONCLIP_ERROR_TIME_LIMIT (-53)  /* a limit on time ran out */
/* -6x: video */
#define ACTIONCLIP_ERROR_VIDEO_INVALID (-60) /* not a video FFmpeg can read, or none in it */
#define ACTIONCLIP_ERROR_VIDEO_DECODE (-61)  /* no frame could be decoded */
/* -7x: learning from examples */
#define ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES (-70) /* fewer than two labels, or no example of a present one */
/* -9x: a defect in this library; please report it */
#define ACTIONCLIP_ERROR_INTERNAL (-90)

/* Returns the name of a status, such as "ACTIONCLIP_ERROR_FILE_OPEN" for -20, or "unknown status" for a code that this
 * version does not know. The string is static and never NULL. */
ACTIONCLIP_API const char *actionclip_status_name(int32_t status);

/* Returns one line that explains the failure of the calling thread's latest call, or "" if that call succeeded. The
 * library owns the string. It is never NULL, and valid until the thread's next call that returns a status or asks a
 * model for something. */
ACTIONCLIP_API const char *actionclip_last_error(void);

/* ---------------------------------------------------------------- cancelling */

/* A flag by which one thread ends the long calls of others early. A thread uses a token; once another thread sets it,
 * the first thread's call returns ACTIONCLIP_ERROR_CANCELLED within the time that one frame or one group of prompts
 * takes. Its outputs are not written and its handles stay usable. While the token is set, later calls return that error
 * at once. These calls can be cancelled: loading, describing and saving files; opening, examining and reading videos;
 * preprocessing; all that encode or tokenize; similarity; making, changing, teaching and scoring with a classifier;
 * fitting weights of templates; all of tuners but actionclip_tuner_cancel; mixing models; finding segments and
 * suggesting thresholds; opening and searching indexes. Other calls ignore the token.
 *
 *   actionclip_thread_use_cancel_token(token, NULL);              // this thread, before its calls
 *   actionclip_cancel(token);                                     // any thread, or a signal handler
 *   actionclip_cancel_token_reset(token);                         // once the call has ended
 */
typedef struct actionclip_cancel_token actionclip_cancel_token;

/* Makes a token that is not set. Free it with actionclip_cancel_token_free. Unlike other handles, a token may be used
 * in a forked child, which has its own copy. */
ACTIONCLIP_API int32_t actionclip_cancel_token_create(actionclip_cancel_token **token_out);
/* Frees a token. Threads that use it keep it as it is, set or not. NULL is ignored. */
ACTIONCLIP_API void actionclip_cancel_token_free(actionclip_cancel_token *token);

/* Sets a token, which ends the long calls of the threads that use it. Any thread may call this, any number of times.
 * It is the one function of this library that a signal handler may call. NULL is ignored. */
ACTIONCLIP_API void actionclip_cancel(actionclip_cancel_token *token);
/* Returns 1 if a token is set, 0 if not, or a negative status. */
ACTIONCLIP_API int32_t actionclip_cancel_token_is_cancelled(const actionclip_cancel_token *token);
/* Clears a token, so that later calls of the threads that use it run again. */
ACTIONCLIP_API int32_t actionclip_cancel_token_reset(actionclip_cancel_token *token);

/* Makes the calling thread use a token in place of its previous one; with NULL it uses none, as at first. Any number of
 * threads may use one token. previous_out may be NULL; *previous_out is the thread's previous token, or NULL if there
 * was none or it has been freed. A thread that ends stops using its token. */
ACTIONCLIP_API int32_t actionclip_thread_use_cancel_token(actionclip_cancel_token *token,
                                                          actionclip_cancel_token **previous_out);

/* --------------------------------------------------------------- load models */

/* A loaded model: both encoders, the temporal head, the tokenizer that was found, and the threads that compute. */
typedef struct actionclip_model actionclip_model;

/* Values of options that are on, off, or as the checkpoint says. */
#define ACTIONCLIP_AS_CHECKPOINT 0
#define ACTIONCLIP_ON 1
#define ACTIONCLIP_OFF 2
/* Temporal shift in its one-sided form (TSM's online form): before each block a frame's patches take the same eighth of
 * their channels from the frame before as with ACTIONCLIP_ON, and nothing from the frame after; the first frame takes
 * zeros. So no frame depends on a later one. It is another network than the two-sided one: weights trained with
 * ACTIONCLIP_ON load with it too, where their file does not declare a form, but recognise less (docs/MODEL.md). */
#define ACTIONCLIP_CAUSAL 3

/* Temporal heads, which join the T frame embeddings of a video (the paper's post-network prompts, section 3.3). */
#define ACTIONCLIP_HEAD_AS_CHECKPOINT 0
#define ACTIONCLIP_HEAD_MEANP 1
#define ACTIONCLIP_HEAD_CONV_1D 2
#define ACTIONCLIP_HEAD_LSTM 3
#define ACTIONCLIP_HEAD_TRANSF 4
#define ACTIONCLIP_HEAD_TRANSF_CLS 5
#define ACTIONCLIP_HEAD_MIT 6 /* X-CLIP's multiframe integration transformer */

/* Compute types: the precision in which the encoders multiply matrices. bf16 rounds weights to 8 bits of mantissa, and
 * activations too where the processor multiplies bf16 faster than fp32. int8 rotates rows, so that large numbers are
 * shared out, and rounds the weights of each output to 127 steps of the largest one, and each row of activations to 255
 * steps of its range; the text encoder's first block is bf16 there. In both, attention is bf16, or fp32 where that is
 * as fast. Sums, LayerNorm, softmax, residuals, small heads (Conv_1D, LSTM) and the last projections stay fp32.
 * docs/SPEED.md has the speed, memory and accuracy of each. */
#define ACTIONCLIP_COMPUTE_DEFAULT 0 /* the file's own (docs/FORMAT.md), else fp32 */
#define ACTIONCLIP_COMPUTE_FP32 1
#define ACTIONCLIP_COMPUTE_BF16 2
#define ACTIONCLIP_COMPUTE_INT8 3

/* The activation function of the encoders' MLPs, which weights do not state. OpenAI's, DFN's and MetaCLIP's models and
 * ActionCLIP have QuickGELU, x sigmoid(1.702 x). open_clip's models trained on LAION and DataComp have GELU with the
 * exact error function, SigLIP its approximation by tanh. With the wrong one, embeddings look right and rank worse. */
#define ACTIONCLIP_ACTIVATION_AS_CHECKPOINT 0 /* the file's own (docs/FORMAT.md), else QuickGELU */
#define ACTIONCLIP_ACTIVATION_QUICK_GELU 1
#define ACTIONCLIP_ACTIVATION_GELU 2
#define ACTIONCLIP_ACTIVATION_TANH_GELU 3

/* Instruction sets that the network is computed with. A model takes the fastest ones of its processor, up to a limit:
 * the lower one of actionclip_model_options and of the environment variable ACTIONCLIP_INSTRUCTIONS, which has the
 * names of these constants in lower case ("avx2"). A limit allows the instruction sets of its architecture up to
 * itself, in this order; one of another architecture is ACTIONCLIP_ERROR_INVALID_ARGUMENT. Results' last digits depend
 * on it. It does not concern files, preprocessing and adaptation, which take the processor's best.
 *
 * AMX needs permission from Linux, which is the whole process's and for good: from then on alternate signal stacks need
 * 8 KB more (docs/EMBEDDING.md). It is asked for when a bf16 or int8 model is loaded whose limit allows AMX, never for
 * fp32. Where it is refused, the model computes without. */
#define ACTIONCLIP_INSTRUCTIONS_AUTO 0        /* no limit */
#define ACTIONCLIP_INSTRUCTIONS_PORTABLE 1    /* what every processor of the architecture has: SSE2, or NEON */
#define ACTIONCLIP_INSTRUCTIONS_AVX2 2        /* x86-64: AVX2 and FMA */
#define ACTIONCLIP_INSTRUCTIONS_AVX_VNNI 3    /* x86-64: AVX-VNNI, for int8 */
#define ACTIONCLIP_INSTRUCTIONS_AVX512 4      /* x86-64: AVX-512 F, VL, DQ and BW */
#define ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI 5 /* x86-64: AVX512-VNNI, for int8 */
#define ACTIONCLIP_INSTRUCTIONS_AVX512_BF16 6 /* x86-64: AVX512-BF16 */
#define ACTIONCLIP_INSTRUCTIONS_AMX 7         /* x86-64: AMX-TILE, AMX-BF16 and AMX-INT8 */
#define ACTIONCLIP_INSTRUCTIONS_NEON_DOT 8    /* aarch64: dot products, for int8 */
#define ACTIONCLIP_INSTRUCTIONS_NEON_I8MM 10  /* aarch64: products of int8 */
#define ACTIONCLIP_INSTRUCTIONS_NEON_BF16 9   /* aarch64: products of bf16 */

/* Options of loading a model. Call actionclip_model_options_init, then change fields; NULL in place of the struct means
 * all defaults. An option that contradicts the checkpoint is an error.
 *
 * The default number of threads, for models and for decoding videos, is what the environment variable
 * ACTIONCLIP_THREADS says; another value than 1 to 256 is ACTIONCLIP_ERROR_INVALID_ARGUMENT. Without the variable it is
 * one thread for each processor of the process's affinity, or fewer where its control groups (cgroup versions 1 and 2:
 * containers, services) have a processor quota: the strictest quota, rounded down, but at least 1. */
typedef struct actionclip_model_options {
  uint32_t struct_size;   /* sizeof(actionclip_model_options), set by _init */
  int32_t joint;          /* pre-network joint space-time tokens: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF */
  int32_t temporal_shift; /* in-network temporal shift: ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF, _CAUSAL */
  int32_t head;           /* ACTIONCLIP_HEAD_*; MeanP if the file does not show one */
  int32_t frames;         /* T, frames per video; 0: as the checkpoint says, else 8 */
  int32_t threads;        /* threads that compute, the caller's included, 1 to 256; 0: the default number (above) */
  int32_t compute_type;   /* ACTIONCLIP_COMPUTE_* */
  /* Temporal view: the number of frames on each side that a frame's tokens attend to besides their own, 1 to 3.
   * Open-VCLIP's expand_temporal_view is 1, which its averaged files (swa_*.pth) do not state. 0: as the checkpoint
   * says; -1: none. */
  int32_t temporal_view;
  /* Path of CLIP's BPE merge list, of Hugging Face's tokenizer.json, or of SigLIP's spiece.model (see
   * actionclip_tokenizer_load). NULL: the tokenizer inside the model's file; else the first file beside it that is named
   * bpe_simple_vocab_16e6.txt.gz, bpe_simple_vocab_16e6.txt, merges.txt or tokenizer.json, of a SigLIP spiece.model or
   * tokenizer.json; else none. */
  const char *tokenizer_path;
  /* Processor ids that the model's own threads are pinned to, in turn; the calling thread is not pinned. NULL: the
   * affinity of the thread that first computes with the model. With threads 0, one thread per id. An id that Linux
   * refuses, since the machine has no such processor or the process may not use it, pins nothing and is no error.
   * Borrowed for the call. */
  const int32_t *processors;
  size_t processor_count;
  /* The SHA-256 that the file must have, 64 hexadecimal digits in either case; NULL: any. A file with another one is
   * ACTIONCLIP_ERROR_HASH_MISMATCH, and nothing in it is parsed. A file to be hashed is read whole, once, and the
   * model is made from those bytes. So while it loads, even a safetensors file takes its size in memory beside the
   * model. */
  const char *expected_sha256;
  int32_t compute_sha256; /* ACTIONCLIP_ON: compute what actionclip_model_sha256 returns */
  int32_t activation;     /* ACTIONCLIP_ACTIVATION_* */
  /* Path of the CLIP file that the weights were trained from. It gives the token embedding if the weights lack it, as
   * ViFi-CLIP's do, the model that a LoRA is merged into, and the weights that base_share mixes in. NULL: none. */
  const char *base_path;
  /* The model's name in open_clip, "ViT-B-16-quickgelu" or, with the weights' tag, "ViT-B-16/laion2b_s34b_b88k". It
   * determines the activation, and for larger models the number of heads. Give it for open_clip's files that have no
   * open_clip_config.json beside them; it is used in place of that file. NULL: none. */
  const char *open_clip_name;
  int32_t instructions; /* the highest instruction set to compute with, ACTIONCLIP_INSTRUCTIONS_* */
  int32_t reserved;     /* 0 */
  /* The share, from 0 up to but not including 1, of the weights at base_path in the model's: (1 - base_share) own +
   * base_share base, in all tensors that both have (Open-VCLIP's PATCHING_RATIO, 0.5 in its scripts). 0: none. All else
   * is the weights' own. */
  double base_share;
  /* ACTIONCLIP_ON: the model is for actionclip_model_save alone, which reads one tensor at a time from the files, so that
   * the whole is never in memory. They stay open, and must not change until then. Its properties are told as ever, and
   * whatever computes with it is ACTIONCLIP_ERROR_OPTION_CONFLICT; so is loading it in another precision than fp32, or
   * from a buffer, and saving it in int8. ACTIONCLIP_AS_CHECKPOINT and _OFF: a model as usual. */
  int32_t for_saving;
  int32_t reserved_2; /* 0 */
} actionclip_model_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, and writes nothing beyond it. `struct_size` is
 * the size of the struct in the caller's header, so that a program built against an older header, whose struct is
 * smaller, works with a newer library. NULL is ignored. A size that no version of the struct can have sets struct_size
 * to 0, which every call refuses. Languages that cannot call the inline _init call this with their own struct's
 * size. */
ACTIONCLIP_API void actionclip_model_options_init_sized(actionclip_model_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_model_options_init(actionclip_model_options *options) {
  actionclip_model_options_init_sized(options, sizeof *options);
}

/* Loads a model from a safetensors file, a torch.save checkpoint, CLIP's own TorchScript archive, an index of shards,
 * or a folder of Hugging Face's, open_clip's or PEFT's (a LoRA). The format is detected from the content; from a
 * TorchScript archive only tensors are read, and no code is run. Names of tensors may be those of the reference, CLIP,
 * Hugging Face CLIP, open_clip, mmaction2's ActionCLIP, ViFi-CLIP or Open-VCLIP (docs/FAMILIES.md). A config.json or
 * open_clip_config.json beside the file is read if the layout needs one. Options that the file states about itself, as
 * one made by actionclip_model_save does (docs/FORMAT.md), count as the checkpoint's. The file is read into memory and
 * closed.
 *
 * A path like "openai/clip-vit-base-patch16" that is no file names a model of Hugging Face. It is loaded from the cache
 * that Hugging Face's tools keep (docs/EMBEDDING.md says where). Nothing is downloaded: if the cache lacks the model,
 * the message of ACTIONCLIP_ERROR_FILE_OPEN gives the command that downloads it.
 *
 * path NULL loads the default model: the file that the environment variable ACTIONCLIP_MODEL names; without the
 * variable, actionclip-shapes.safetensors in ../share/actionclip or ../../share/actionclip, seen from the folder of the
 * loaded libactionclip.so. If there is none, the message of ACTIONCLIP_ERROR_FILE_OPEN names every path tried.
 *
 * Free the model with actionclip_model_free. */
ACTIONCLIP_API int32_t actionclip_model_load(const char *path,
                                             const actionclip_model_options *options,
                                             actionclip_model **model_out);

/* Loads a model from the `size` bytes of a file in memory, which may be freed after the call. There are no files beside
 * them: set tokenizer_path to encode prompts if the bytes hold no merge list. A Hugging Face file needs `activation`,
 * and an index of shards cannot be given. A file made by actionclip_model_save needs nothing else. Free the model with
 * actionclip_model_free. */
ACTIONCLIP_API int32_t actionclip_model_load_buffer(const void *data, size_t size,
                                                    const actionclip_model_options *options,
                                                    actionclip_model **model_out);

/* Describes a file or folder of weights, whether or not it can be loaded. The text is lines of "key: value" for people;
 * the first are the format, the layout of names, and the tensors. *text_size_out is the size of the text in bytes, the
 * NUL included; text_capacity must be at least that. With text_out NULL and text_capacity 0 only the size is given. The
 * call fails if the tensors cannot be listed. */
ACTIONCLIP_API int32_t actionclip_file_describe(const char *path, char *text_out, size_t text_capacity,
                                                size_t *text_size_out);

/* Computes the SHA-256 that actionclip_model_sha256 gives of a model loaded from `path`, without loading it: of the file
 * of weights, or of an index and its shards (docs/FAMILIES.md). path is as in actionclip_model_load; NULL is the default
 * model. text_out gets 64 lower-case hexadecimal digits and a NUL; text_capacity must be at least 65. The file is read
 * from end to end and not kept. */
ACTIONCLIP_API int32_t actionclip_file_sha256(const char *path, char *text_out, size_t text_capacity);

/* Ends a model's threads and frees it. NULL is ignored. */
ACTIONCLIP_API void actionclip_model_free(actionclip_model *model);

/* Formats of a model's file. */
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
  int32_t vision_heads;       /* from the file, its configuration or open_clip_name; else as released models */
  int32_t embedding_size;     /* E, length of every embedding */
  int32_t text_width;         /* X */
  int32_t text_layers;
  int32_t text_heads;         /* from the file, its configuration or open_clip_name; else X / 64 */
  int32_t context_length;     /* C, token ids per prompt */
  int32_t vocabulary_size;    /* V */
  int32_t frames;             /* T */
  int32_t joint;              /* 1 or 0 */
  int32_t temporal_shift;     /* 1 or 0; 1 for the causal form too */
  int32_t head;               /* ACTIONCLIP_HEAD_*; MeanP when joint (it then has nothing to join) */
  int32_t compute_type;       /* ACTIONCLIP_COMPUTE_* */
  int32_t threads;            /* threads that compute */
  int32_t has_tokenizer;      /* 1 if prompts can be encoded */
  float logit_scale;          /* exp of the checkpoint's logit_scale: the scale it was trained with */
  int32_t heads_assumed;      /* 1 if the numbers of heads are a guess, since nothing states them */
  int64_t parameters;         /* weights used by this model */
  int64_t weight_bytes;       /* memory that the weights take */
  /* Working memory in bytes of a call that encodes one video. A batch is encoded in groups and needs at most a few
   * times that. It is allocated when first needed and kept: a call like an earlier one allocates none. */
  int64_t video_bytes;
  int64_t text_bytes;         /* working memory in bytes of a call that encodes prompts, for any number */
  int32_t activation;         /* ACTIONCLIP_ACTIVATION_QUICK_GELU, _GELU or _TANH_GELU */
  int32_t activation_assumed; /* 1 if QuickGELU is a guess, since nothing states the activation */
  /* 1 if a frame's embedding depends on that frame alone, so that frames may be encoded singly and joined later. 0 with
   * joint, temporal shift, a temporal view or X-CLIP's message tokens. */
  int32_t frames_independent;
  int32_t reserved;           /* 0 */
  /* The instruction sets in use, as ACTIONCLIP_INSTRUCTIONS_*: of products in compute_type, and of row kernels, which
   * are LayerNorm, softmax and conversions. */
  int32_t product_instructions;
  int32_t row_instructions;
  /* The time from frame to frame in nanoseconds for which the model's file declares that it was trained; 0: none is
   * declared. */
  int64_t frame_interval_ns;
  int32_t shift_causal;       /* 1 if the temporal shift is causal, ACTIONCLIP_CAUSAL; else 0 */
  int32_t context_vectors;    /* K, learned vectors that stand in texts in place of "<|context|>"; 0 in most models */
  /* V, floats of a video's row: E in most models, the video's embedding. In an X-CLIP each video moves the embeddings of
   * texts that it is compared with, and its row is E + (S/p)^2 * E: the embedding, and what moves texts. */
  int64_t video_size;
  /* 1 if each frame scores by itself, as in Open-VCLIP: a video's embedding is the mean of its frames' embeddings at
   * unit length, and scale times its product with a text of unit length the mean of the frames' scores, so its own
   * length counts. Classifiers and actionclip_model_probabilities score so. Logits of several views are summed by
   * summing the views' embeddings. Else 0. */
  int32_t frame_scores;
  int32_t reserved_2;         /* 0 */
  /* 1 if they score each label by itself, sigmoid(scale * cosine + logit_bias), so that probabilities need not
   * sum to 1: in a SigLIP, whose own scale is logit_scale. 0: a softmax over the labels. */
  int32_t sigmoid_scores;
  float logit_bias;           /* the checkpoint's; 0 without one */
  /* Floating-point operations of encoding one video: those of products and attention, a multiplication and an addition
   * counted as two. */
  int64_t video_flops;
  /* The scale of probabilities where 0 is given as their scale: 100, the reference's, or with sigmoid_scores
   * logit_scale. A classifier that was fitted to examples is scored at 100 in any model. */
  float usual_scale;
  int32_t reserved_3;         /* 0 */
} actionclip_model_info;

/* Gives a model's sizes and options. The caller sets info_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_model_get_info(const actionclip_model *model,
                                                 actionclip_model_info *info_out);

/* Gives the sizes and options that a model loaded with this path and these options has, its memory among them, without
 * loading it: headers of files are read, and none of the weights but numbers that stand alone. path is as in
 * actionclip_model_load, and so are the errors, except of weights that are damaged. The caller sets
 * info_out->struct_size first.
 *
 * *video_ns_out gets an estimate of the nanoseconds that encoding one video takes on this machine, decoding and resizing
 * not included. It is made from the time of one block of the image encoder's size, which is computed for some tenths of a
 * second with the memory that a block takes, so it depends on what else the machine does. NULL: no estimate is made. */
ACTIONCLIP_API int32_t actionclip_file_get_info(const char *path, const actionclip_model_options *options,
                                                actionclip_model_info *info_out, int64_t *video_ns_out);

/* Returns the family of checkpoints whose layout the model's file has: "CLIP" (also the reference's), "Hugging Face
 * CLIP", "open_clip", "mmaction2's ActionCLIP", "ViFi-CLIP", "Open-VCLIP", "X-CLIP", "Hugging Face X-CLIP" or "SigLIP".
 * The string is static; NULL if `model` is not a live model. */
ACTIONCLIP_API const char *actionclip_model_family(const actionclip_model *model);

/* Returns, as one line for people, the assumption at `index` about a model: a property that neither its file nor the
 * caller states, such as the encoders' activation. Show it once beside results. The string is static; NULL beyond the
 * last one. */
ACTIONCLIP_API const char *actionclip_model_assumption(const actionclip_model *model, int32_t index);

/* Returns the number of labels that the model's file says it tells apart, 0 if the file names none, or a negative
 * status. */
ACTIONCLIP_API int32_t actionclip_model_label_count(const actionclip_model *model);
/* Returns the label at `index` of those that the model's file names, or NULL if there is none. The string belongs to
 * the model. */
ACTIONCLIP_API const char *actionclip_model_label(const actionclip_model *model, int32_t index);

/* Returns the number of the model's own templates: those of its file, else of its family; 0 if there are none, or a
 * negative status. */
ACTIONCLIP_API int32_t actionclip_model_template_count(const actionclip_model *model);
/* Returns the model's own template at `index`, or NULL if there is none. The string belongs to the model. */
ACTIONCLIP_API const char *actionclip_model_template(const actionclip_model *model, int32_t index);

/* Returns the weight of the model's own template at `index` in a score. The weights of all are 0 or more and sum to 1;
 * without weights in the file they are equal. -1 if there is no such template. */
ACTIONCLIP_API float actionclip_model_template_weight(const actionclip_model *model, int32_t index);

/* Returns the note that the model's file has under `key`, such as "description", "license" or "source", or NULL if
 * there is none. The string belongs to the model. */
ACTIONCLIP_API const char *actionclip_model_note(const actionclip_model *model, const char *key);
/* Returns the number of notes in the model's file, or a negative status. */
ACTIONCLIP_API int32_t actionclip_model_note_count(const actionclip_model *model);
/* Returns the key at `index` of the notes in the model's file, sorted, or NULL if there is none. The string belongs to
 * the model. */
ACTIONCLIP_API const char *actionclip_model_note_key(const actionclip_model *model, int32_t index);

/* Gives one line for people about a label that the model does not know, such as the words in it that the model never
 * learned; "" if there is nothing to say. Only a model whose file names its labels and has its own vocabulary, like the
 * default model's, gives such notes. With label NULL the note is about the model. text_out, text_capacity and
 * *text_size_out are as in actionclip_file_describe. The note changes no result. */
ACTIONCLIP_API int32_t actionclip_model_label_note(const actionclip_model *model, const char *label, char *text_out,
                                                   size_t text_capacity, size_t *text_size_out);

/* Returns the SHA-256 of the file or buffer that the model was loaded from, as 64 lower-case hexadecimal digits, or
 * NULL if neither expected_sha256 nor compute_sha256 of actionclip_model_options asked for it. The string belongs to
 * the model. */
ACTIONCLIP_API const char *actionclip_model_sha256(const actionclip_model *model);

/* --------------------------------------------------------------- save models */

/* Element types of the matrices in a saved file. */
#define ACTIONCLIP_STORAGE_FP32 0 /* loaded again, the model gives the same bits */
#define ACTIONCLIP_STORAGE_FP16 1 /* matrices rounded to half precision: half the size */
/* Matrices as ACTIONCLIP_COMPUTE_BF16 and _INT8 use them: half, and a little more than a quarter, of the size. Such a
 * file loads in little more than the time to read it, and gives the same bits as the fp32 file loaded with that compute
 * type. ACTIONCLIP_COMPUTE_DEFAULT is then that type. */
#define ACTIONCLIP_STORAGE_BF16 2
#define ACTIONCLIP_STORAGE_INT8 3

/* Contents of a saved file besides the weights, the options in use and the merge list in use. NULL in a field keeps the
 * model's own value; NULL in place of the struct keeps all of them. */
typedef struct actionclip_save_options {
  uint32_t struct_size;         /* sizeof(actionclip_save_options), set by _init */
  int32_t storage;              /* ACTIONCLIP_STORAGE_*; a model loaded in bf16 or int8 can only be saved so */
  const char *const *labels;    /* not NULL with label_count 0: none */
  size_t label_count;
  const char *const *templates; /* not NULL with template_count 0: none, meaning the reference's */
  size_t template_count;
  const char *description;      /* "": none */
  const char *license;          /* "": none */
  const char *source;           /* "": none; where the weights are from */
  /* Other notes: keys of lower-case letters, digits, "_" and ".", except those in the table of docs/FORMAT.md, and a
   * text for each; "" removes the note. */
  const char *const *note_keys;
  const char *const *note_texts;
  size_t note_count;
  /* The weight of each template of the file, finite and 0 or more, with a sum above 0. NULL: the model's own, or equal
   * weights if `templates` is not NULL; not NULL with template_weight_count 0: equal weights. */
  const float *template_weights;
  size_t template_weight_count;
  /* The time from frame to frame, in nanoseconds, of the videos that the model was trained with: 1 to 86400000000000, a
   * day. 0: the model's own; -1: none. Streams sample by it where they are told nothing else. */
  int64_t frame_interval_ns;
} actionclip_save_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_save_options_init_sized(actionclip_save_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_save_options_init(actionclip_save_options *options) {
  actionclip_save_options_init_sized(options, sizeof *options);
}

/* Writes a model as one file (docs/FORMAT.md) that needs no other. A file at `path` is replaced in one step once the
 * new one is complete and on the disk; on failure it stays as it was. The new file gets the old one's mode (without
 * setuid and the like) and, if the process may set them, its owner and group; if it may not, the group gets no more
 * rights than everybody. If `path` is a symbolic link, the file that it points to is replaced and the link stays; a
 * link to nothing is refused. The next save to the same path removes a temporary file that a killed process left. */
ACTIONCLIP_API int32_t actionclip_model_save(const actionclip_model *model, const char *path,
                                             const actionclip_save_options *options);

/* ------------------------------------------------------------- encode frames */

/* Orders of the bytes of a pixel. Further formats are those of actionclip_frame. */
#define ACTIONCLIP_PIXEL_RGB 1
#define ACTIONCLIP_PIXEL_BGR 2
#define ACTIONCLIP_PIXEL_RGBA 3 /* alpha is ignored, except by ACTIONCLIP_RESIZE_CLIP*, _HUGGING_FACE* and _SQUARE* */
#define ACTIONCLIP_PIXEL_BGRA 4 /* alpha as in RGBA */
#define ACTIONCLIP_PIXEL_GRAY 5

/* An 8-bit image in the caller's memory. The layout of this struct never changes, since arrays of it are passed. */
typedef struct actionclip_image {
  const uint8_t *data;  /* first byte of the top row */
  int64_t row_stride;   /* bytes from one row to the next; 0: rows are packed */
  int32_t width;        /* pixels, 1 .. 65535 */
  int32_t height;       /* pixels, 1 .. 65535 */
  int32_t pixel_format; /* ACTIONCLIP_PIXEL_* */
  int32_t reserved;     /* 0 */
} actionclip_image;

/* Ways to resize an image.
 *   ACTIONCLIP    bicubic, as Pillow; the short side becomes S*256/224 (the reference)
 *   CLIP          bicubic, as Pillow; the short side becomes S (CLIP's own). RGBA is resized with its alpha, as Pillow
 *                 does, and the alpha then dropped
 *   MMACTION2     bilinear, as OpenCV; the short side becomes S*256/224, with the sizes and crops of mmaction2, which
 *                 X-CLIP and ViFi-CLIP use too
 *   HUGGING_FACE  as CLIP, but an odd margin is split as transformers does, and RGBA is laid on white, as
 *                 transformers 5 does
 *   SQUARE        the whole picture becomes S x S, whatever its shape: bicubic, as Pillow; RGBA is laid on white
 *                 (SigLIP). Nothing is cropped, and short_side is 0 or S
 *   SQUARE_BILINEAR  the same, bilinear as Pillow (SigLIP 2, CLIPA)
 *   HUGGING_FACE_BILINEAR  as HUGGING_FACE, bilinear as Pillow (transformers' X-CLIP)
 *   CLIP_BILINEAR  as CLIP, bilinear as Pillow (open_clip's MobileCLIP) */
#define ACTIONCLIP_RESIZE_ACTIONCLIP 0
#define ACTIONCLIP_RESIZE_CLIP 1
#define ACTIONCLIP_RESIZE_MMACTION2 2
#define ACTIONCLIP_RESIZE_HUGGING_FACE 3
#define ACTIONCLIP_RESIZE_SQUARE 4
#define ACTIONCLIP_RESIZE_SQUARE_BILINEAR 5
#define ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR 6
#define ACTIONCLIP_RESIZE_CLIP_BILINEAR 7

/* Crops of S x S pixels from the resized image: the centre, or the start (left or top) or the end (right or bottom) of
 * its long side, as in the paper's three-crop evaluation. */
#define ACTIONCLIP_CROP_CENTER 0
#define ACTIONCLIP_CROP_START 1
#define ACTIONCLIP_CROP_END 2

/* Options of turning an image into the network's input. NULL in place of the struct means the model's own, or all
 * defaults in a call without a model. */
typedef struct actionclip_preprocess_options {
  uint32_t struct_size; /* sizeof(actionclip_preprocess_options), set by _init */
  int32_t resize;       /* ACTIONCLIP_RESIZE_* */
  int32_t crop;         /* ACTIONCLIP_CROP_* */
  int32_t short_side;   /* resized short side in pixels, >= S; 0: as `resize` says */
  float mean[3];        /* R, G, B on the 0..1 scale; _init sets CLIP's */
  float std[3];         /* R, G, B on the 0..1 scale; _init sets CLIP's; > 0 */
} actionclip_preprocess_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_preprocess_options_init_sized(actionclip_preprocess_options *options,
                                                             size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_preprocess_options_init(actionclip_preprocess_options *options) {
  actionclip_preprocess_options_init_sized(options, sizeof *options);
}

/* Gives a model's own preprocessing options, so that single fields can be changed: those that its file states, else
 * those of its family (docs/FAMILIES.md), else the defaults. The caller sets options_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_model_preprocess_options(
    const actionclip_model *model, actionclip_preprocess_options *options_out);

/* Encodes videos, given as images, to embeddings. `frames` holds videos*T images, the T frames of the first video
 * first; sizes may differ. video_out is [videos, V], where V is video_size of actionclip_model_info: E, but in an X-CLIP
 * more. frame_out, which may be NULL, is [videos*T, E], or [videos, E] if the model is joint. Embeddings are not
 * normalised. Source: the reference's test.py and modules/Visual_Prompt.py. */
ACTIONCLIP_API int32_t actionclip_encode_frames(const actionclip_model *model,
                                                const actionclip_image *frames, size_t frame_count,
                                                const actionclip_preprocess_options *options,
                                                float *video_out, size_t video_capacity,
                                                float *frame_out, size_t frame_capacity);

/* Encodes videos, as actionclip_encode_frames does, from pixels already resized, cropped and normalised: `pixels`
 * [frame_count, 3, S, S] in the order R, G, B, with frame_count = videos*T. pixel_count is the number of floats. */
ACTIONCLIP_API int32_t actionclip_encode_pixels(const actionclip_model *model,
                                                const float *pixels, size_t pixel_count,
                                                size_t frame_count,
                                                float *video_out, size_t video_capacity,
                                                float *frame_out, size_t frame_capacity);

/* Encodes single frames, any number from 1 on: frame_out [frame_count, E] has the same bits as the frame_out of
 * actionclip_encode_frames. So overlapping windows of a stream or a long video can share frames: encode each frame
 * once, keep its embedding, and join the embeddings of a window with actionclip_join_frames. A model whose
 * frames_independent (actionclip_model_info) is 0 returns ACTIONCLIP_ERROR_OPTION_CONFLICT. */
ACTIONCLIP_API int32_t actionclip_encode_single_frames(const actionclip_model *model,
                                                       const actionclip_image *frames, size_t frame_count,
                                                       const actionclip_preprocess_options *options,
                                                       float *frame_out, size_t frame_capacity);

/* Encodes single frames, as actionclip_encode_single_frames does, from pixels already resized, cropped and normalised:
 * `pixels` [frame_count, 3, S, S] in the order R, G, B. pixel_count is the number of floats. */
ACTIONCLIP_API int32_t actionclip_encode_single_pixels(const actionclip_model *model,
                                                       const float *pixels, size_t pixel_count,
                                                       size_t frame_count,
                                                       float *frame_out, size_t frame_capacity);

/* Joins frame embeddings to video embeddings with the model's temporal head. `frames` holds rows of frame_out, not
 * normalised, the first video's first: [videos*T, E] with frame_count = videos*T, or for a joint model [videos, E] with
 * frame_count = videos. video_out [videos, E] has the same bits as if the frames were encoded together. An X-CLIP returns
 * ACTIONCLIP_ERROR_OPTION_CONFLICT: its videos' rows need more than their frames' embeddings. */
ACTIONCLIP_API int32_t actionclip_join_frames(const actionclip_model *model,
                                              const float *frames, size_t frame_count,
                                              float *video_out, size_t video_capacity);

/* ------------------------------------------------------------- camera frames */

/* Further pixel formats, of actionclip_frame alone. A U and a V (colour differences) belong to one pixel, to a pair of
 * pixels of a row (YUYV, UYVY), or to 2 x 2 pixels (4:2:0: NV12, NV21, I420, YV12). With an odd width or height the
 * last U and V have fewer: their plane has (width+1)/2 columns and (height+1)/2 rows. */
#define ACTIONCLIP_PIXEL_RGBX 6   /* as RGBA; the fourth byte means nothing */
#define ACTIONCLIP_PIXEL_BGRX 7   /* as BGRA; the fourth byte means nothing */
#define ACTIONCLIP_PIXEL_GRAY16 8 /* 16 bits in the processor's byte order; the upper byte counts */
#define ACTIONCLIP_PIXEL_NV12 9   /* two planes: Y; U and V in turn. 4:2:0 */
#define ACTIONCLIP_PIXEL_NV21 10  /* two planes: Y; V and U in turn. 4:2:0 */
#define ACTIONCLIP_PIXEL_I420 11  /* three planes: Y, U, V. 4:2:0 */
#define ACTIONCLIP_PIXEL_YV12 12  /* three planes: Y, V, U. 4:2:0 */
#define ACTIONCLIP_PIXEL_NV24 13  /* two planes: Y; U and V in turn for every pixel. 4:4:4 */
#define ACTIONCLIP_PIXEL_YUYV 14  /* one plane: Y U Y V for two pixels. 4:2:2; YUY2 is another name */
#define ACTIONCLIP_PIXEL_UYVY 15  /* one plane: U Y V Y for two pixels. 4:2:2 */

/* The matrix by which Y, U and V are turned into RGB. A camera's driver or a stream's header says it; colours of
 * another matrix look right and are up to 37 of 255 levels off. State it where it is known. AUTO takes BT.601 for
 * frames of at most 576 stored rows, else BT.709; never BT.2020. */
#define ACTIONCLIP_MATRIX_AUTO 0
#define ACTIONCLIP_MATRIX_BT601 1
#define ACTIONCLIP_MATRIX_BT709 2
#define ACTIONCLIP_MATRIX_BT2020 3 /* with constant brightness left out (non-constant luminance) */

/* The numbers of Y that stand for black and white: 16 and 235 (LIMITED), or 0 and 255 (FULL), which pictures decoded
 * from JPEG and MJPEG have. AUTO takes LIMITED. */
#define ACTIONCLIP_RANGE_AUTO 0
#define ACTIONCLIP_RANGE_LIMITED 1
#define ACTIONCLIP_RANGE_FULL 2

#define ACTIONCLIP_FLIP_NONE 0
#define ACTIONCLIP_FLIP_HORIZONTAL 1 /* left and right are exchanged */
#define ACTIONCLIP_FLIP_VERTICAL 2   /* top and bottom are exchanged */

/* A picture in the caller's memory as a camera gives it. Set it up with actionclip_frame_init, then set pixel_format,
 * width, height and planes.
 *
 * The library takes it for the RGB picture that it stands for: Y, U and V are converted, the picture is turned
 * clockwise by `rotation`, mirrored by `flip`, and cut to its region. What follows (resize, crop) has the same bits as
 * for that picture as an actionclip_image. Only pixels that the crop needs are read and converted, and never a row's
 * padding.
 *
 * Converting is defined to the bit, on every processor: max(Y-16, 0) (FULL: Y), U-128 and V-128 times the matrix's
 * factors, rounded to 20 fractional bits; the sum is rounded to 8 bits. A U and V count for all their pixels alike,
 * without interpolation. With BT601 and LIMITED the bytes are those of OpenCV's cvtColor; the others are at most one
 * level from exact arithmetic.
 *
 * In an array of frames all have the same struct_size, which is the distance from one to the next. */
typedef struct actionclip_frame {
  uint32_t struct_size;     /* sizeof(actionclip_frame), set by _init */
  int32_t pixel_format;     /* ACTIONCLIP_PIXEL_* */
  int32_t width;            /* pixels as stored, 1 .. 65535 */
  int32_t height;           /* pixels as stored, 1 .. 65535 */
  const uint8_t *planes[4]; /* first byte of each plane's top row; NULL for planes that the format lacks */
  int64_t strides[4];       /* bytes from row to row of each plane; 0: its rows are packed */
  int32_t matrix;           /* ACTIONCLIP_MATRIX_*; ignored for RGB and grey */
  int32_t range;            /* ACTIONCLIP_RANGE_*; ignored for RGB and grey */
  int32_t rotation;         /* clockwise degrees by which the picture is turned upright: 0, 90, 180, 270 */
  int32_t flip;             /* ACTIONCLIP_FLIP_*, after the rotation */
  int32_t region_x;         /* the part of the upright, flipped picture that counts, in pixels, even or odd; */
  int32_t region_y;         /* all four 0: the whole */
  int32_t region_width;
  int32_t region_height;
  int32_t region_clamp;     /* ACTIONCLIP_ON: a region partly outside is cut to the picture; else it is an error */
  int32_t reserved;         /* 0 */
} actionclip_frame;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_frame_init_sized(actionclip_frame *frame, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_frame_init(actionclip_frame *frame) {
  actionclip_frame_init_sized(frame, sizeof *frame);
}

/* Programs whose names of pixel formats are known. */
#define ACTIONCLIP_NAMES_ANY 0       /* any of them; a name that several have means the same in all */
#define ACTIONCLIP_NAMES_ROS 1       /* encoding of sensor_msgs/Image: "bgr8", "yuv422_yuy2" */
#define ACTIONCLIP_NAMES_V4L2 2      /* four characters: "YUYV", "RGB3" */
#define ACTIONCLIP_NAMES_DRM 3       /* four characters, or libcamera's names: "BG24", "BGR888", in memory R, G, B */
#define ACTIONCLIP_NAMES_GSTREAMER 4 /* format of video/x-raw: "YUY2", "BGRx" */
#define ACTIONCLIP_NAMES_FFMPEG 5    /* pix_fmt: "yuv420p", "rgb24" */

/* Finds the pixel format, ACTIONCLIP_PIXEL_*, that a name stands for; `names` is ACTIONCLIP_NAMES_*. Upper and lower
 * case are the same. Names do not tell matrix and range. A format that is known and not taken (Bayer, compressed,
 * depth, more than 8 bits) is ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED, and the message says what to do; another name is
 * ACTIONCLIP_ERROR_INVALID_ARGUMENT. */
ACTIONCLIP_API int32_t actionclip_pixel_format_from_name(const char *name, int32_t names,
                                                         int32_t *pixel_format_out);

/* Encodes videos, given as camera frames, to embeddings. All else is as for actionclip_encode_frames. */
ACTIONCLIP_API int32_t actionclip_encode_camera_frames(const actionclip_model *model,
                                                       const actionclip_frame *frames, size_t frame_count,
                                                       const actionclip_preprocess_options *options,
                                                       float *video_out, size_t video_capacity,
                                                       float *frame_out, size_t frame_capacity);

/* Encodes single camera frames. All else is as for actionclip_encode_single_frames. */
ACTIONCLIP_API int32_t actionclip_encode_single_camera_frames(const actionclip_model *model,
                                                              const actionclip_frame *frames, size_t frame_count,
                                                              const actionclip_preprocess_options *options,
                                                              float *frame_out, size_t frame_capacity);

/* --------------------------------------------------------------- video files */

/* An open video file, for use by one thread at a time. FFmpeg's libraries are loaded when the first video is opened. If
 * they are missing, opening returns ACTIONCLIP_ERROR_UNAVAILABLE, and everything else works. */
typedef struct actionclip_video actionclip_video;

/* Gives the version of FFmpeg by which videos are decoded, such as "FFmpeg 5.1.9 (libavformat 59.27.100)": one that the
 * process uses already, else the newest from 4.4 to 8 that is installed. It is loaded, if no call has loaded it. The
 * string is static. */
ACTIONCLIP_API int32_t actionclip_ffmpeg_version(const char **version_out);

/* Choices of the frames that actionclip_encode_video and actionclip_video_read_frames decode:
 *   NEEDED      the wanted frames and those that they depend on. For an undamaged video they have the same bits as with
 *               ALL, and come sooner. Frames are numbered by the timestamps of packets, in H.264, HEVC, MPEG-4, VP9 and
 *               AV1, if every packet is sure to be one frame; otherwise, and after the decoder's first error,
 *               everything is decoded as with ALL. So only damage in what is decoded is found and counted, and a frame
 *               keeps its number even if another one would be lost.
 *   ALL         every frame from the first on.
 *   KEY_FRAMES  an approximation for large archives: in place of each wanted frame the nearest key frame, the earlier
 *               of two; nothing else is decoded. It is another picture, up to half the distance between key frames away
 *               (often seconds), and several wanted frames may get the same one. seconds_out has the times of the key
 *               frames. If frames cannot be numbered by packets, the wanted frames are decoded as with ALL. */
#define ACTIONCLIP_DECODE_NEEDED 0
#define ACTIONCLIP_DECODE_ALL 1
#define ACTIONCLIP_DECODE_KEY_FRAMES 2

/* Options of opening a video. Two limits guard against files made to block a program; real videos stay far below their
 * defaults. INT64_MAX means no limit for either.
 *   max_milliseconds     the time that a call (opening, or any later one) may take until its last frame is decoded.
 *                        Beyond it: ACTIONCLIP_ERROR_TIME_LIMIT. 0: five minutes, and one second more for every 2048
 *                        bytes of the file.
 *   max_pixels_per_byte  the pixels that one pass through the video may decode for each byte of the file, beyond the
 *                        2^30 that any file may have. Beyond it: ACTIONCLIP_ERROR_FORMAT_LIMIT. 0: 2^17, four times
 *                        the ratio of a 4K video that is always black.
 * The last three are for folders of frames (see actionclip_video_open); files have their own numbers and times.
 *   frame_rate   frames per second, up to 100000. 0: frames have no times, and what asks for times is
 *                ACTIONCLIP_ERROR_INVALID_ARGUMENT, unless it asks from 0 to INFINITY.
 *   first_frame  the place of the first frame among the folder's, from 0.
 *   frame_count  the number of frames, as lists of data sets state it; fewer in the folder are
 *                ACTIONCLIP_ERROR_FILE_OPEN, more are not read. 0: all from first_frame on. */
typedef struct actionclip_video_options {
  uint32_t struct_size;  /* sizeof(actionclip_video_options), set by _init */
  int32_t threads;       /* decoder threads, 1 to 256; 0: the default number (see actionclip_model_options) */
  int64_t max_pixels;    /* refuse larger pictures; 0: 2^25 (8K) */
  int32_t decode;        /* ACTIONCLIP_DECODE_* */
  int32_t reserved;      /* 0 */
  int64_t max_milliseconds;    /* time limit of one call; 0: grows with the file */
  int64_t max_pixels_per_byte; /* pixels decoded for each byte of the file; 0: 2^17 */
  double frame_rate;     /* of a folder of frames, frames per second; 0: not known */
  int64_t first_frame;   /* of a folder of frames, 0 to 2^40 */
  int64_t frame_count;   /* of a folder of frames, 0 to 2^40; 0: all */
} actionclip_video_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_video_options_init_sized(actionclip_video_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_video_options_init(actionclip_video_options *options) {
  actionclip_video_options_init_sized(options, sizeof *options);
}

/* Opens the best video stream of a regular file. Other files that it refers to are never opened. options may be NULL.
 * The path may also name a folder of extracted frames: .jpg, .jpeg or .png files whose names end in their numbers, such
 * as img_00001.jpg, in that order. Of several series in a folder the one that begins with img_ is meant, or the one
 * that a template as the path's last part names: "clip/image_%05d.jpg" or "clip/img_{:05}.jpg". If numbers are missing,
 * it is ACTIONCLIP_ERROR_FILE_OPEN, whose message names the first. Each picture is opened when it is read, and has the
 * size of the first. Free the video with actionclip_video_free. If the file is changed while it is open, every later
 * call returns ACTIONCLIP_ERROR_FILE_READ; a file that is replaced by renaming another over it is read as it was. */
ACTIONCLIP_API int32_t actionclip_video_open(const char *path,
                                             const actionclip_video_options *options,
                                             actionclip_video **video_out);

/* Opens a video from the `size` bytes of a file in memory, which must stay unchanged until actionclip_video_free.
 * options may be NULL. */
ACTIONCLIP_API int32_t actionclip_video_open_buffer(const void *data, size_t size,
                                                    const actionclip_video_options *options,
                                                    actionclip_video **video_out);

/* Closes a video and frees it. NULL is ignored. */
ACTIONCLIP_API void actionclip_video_free(actionclip_video *video);

/* The size, length and damage of a video. */
typedef struct actionclip_video_info {
  uint32_t struct_size;   /* set it to sizeof(actionclip_video_info) before the call */
  int32_t width;          /* pixels of a frame as returned, after rotation */
  int32_t height;         /* pixels of a frame as returned, after rotation */
  int32_t rotation;       /* clockwise degrees applied to every frame: 0, 90, 180, 270 */
  int64_t frame_count;    /* frames that decode, counted by decoding once */
  int64_t damaged_frames; /* number of frames that the decoder marked as damaged, and of those that an MP4 file's index
                           * lists beyond the file's end; -1: not known */
  double duration;        /* seconds, from the first frame to the end of the last */
  double frame_rate;      /* average, frames per second; 0 if unknown */
} actionclip_video_info;

/* Gives a video's properties. It decodes the whole stream, unless an earlier call did. The caller sets
 * info_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_video_get_info(actionclip_video *video,
                                                 actionclip_video_info *info_out);

/* Gives a video's properties without decoding it where possible. Unless the stream has been decoded, or must be (see
 * ACTIONCLIP_DECODE_NEEDED), frames are counted by packets, and damaged_frames is -1, unknown. The caller sets
 * info_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_video_get_outline(actionclip_video *video,
                                                    actionclip_video_info *info_out);

/* Reads frames as RGB: rgb_out is [index_count, height, width, 3]. `indices` count frames from 0 in presentation order;
 * they may be in any order and repeat. seconds_out, which may be NULL, is [index_count], the time of each frame from
 * the first one. Times are the container's and never decrease; a gap stays a gap. In these cases a frame's time is the
 * end of the frame before it: it has no usable time; times begin again, as in files joined end to end; or times leap
 * ahead, by 16 times the last distance and more than 10 seconds in MPEG-TS, MPEG-PS and Ogg, 30 hours in other
 * formats. */
ACTIONCLIP_API int32_t actionclip_video_read_frames(actionclip_video *video,
                                                    const int64_t *indices, size_t index_count,
                                                    uint8_t *rgb_out, size_t rgb_capacity,
                                                    double *seconds_out, size_t seconds_capacity);

/* Gives the frames of a part of a video: first_out receives the index of its first frame, count_out their number, at
 * least 1. `start` and `end` are in seconds from the first frame, 0 <= start < end; end may lie after the video's end,
 * and INFINITY means that end. A frame belongs to the part if its time does (start <= time < end, all rounded to
 * milliseconds), so parts that follow each other share no frame. If no frame begins in the part, it has the one that is
 * shown at `start`. A video that ends before `start` is ACTIONCLIP_ERROR_INVALID_ARGUMENT. The video is not decoded
 * where packets tell the times (see ACTIONCLIP_DECODE_NEEDED). */
ACTIONCLIP_API int32_t actionclip_video_frames_between(actionclip_video *video, double start, double end,
                                                       int64_t *first_out, int64_t *count_out);

/* Encodes a whole video file to its embedding: chooses T frames by the model's own rule (actionclip_model_sampling),
 * decodes, preprocesses and encodes them. video_out is [V] (video_size of actionclip_model_info, mostly E);
 * frame_out, which may be NULL, is [T, E], or [E] if the model is joint. options may be NULL. Frames are encoded
 * while later ones are decoded if frames_independent is 1 and the process may use as many processors as the model
 * and the video have threads in all; the result is the same. */
ACTIONCLIP_API int32_t actionclip_encode_video(const actionclip_model *model,
                                               actionclip_video *video,
                                               const actionclip_preprocess_options *options,
                                               float *video_out, size_t video_capacity,
                                               float *frame_out, size_t frame_capacity);

/* Encodes the part of a video from `start` to `end`, as actionclip_video_frames_between finds it, as if it were a video
 * of its own: the model's rule chooses T of its frames. All else is as for actionclip_encode_video. Parts of one video
 * are encoded fastest in the order of time, since decoding goes on where it was. */
ACTIONCLIP_API int32_t actionclip_encode_video_between(const actionclip_model *model,
                                                       actionclip_video *video,
                                                       double start, double end,
                                                       const actionclip_preprocess_options *options,
                                                       float *video_out, size_t video_capacity,
                                                       float *frame_out, size_t frame_capacity);

/* Chooses `segments` of `frame_count` frames by the reference's rule at test time (datasets.py). indices_out is
 * [segments]. */
ACTIONCLIP_API int32_t actionclip_sample_indices(int64_t frame_count, int32_t segments,
                                                 int64_t *indices_out, size_t indices_capacity);

/* Rules that choose the frames of a video, by families of checkpoints (docs/FAMILIES.md). */
#define ACTIONCLIP_SAMPLING_ACTIONCLIP 0 /* the rule of actionclip_sample_indices */
#define ACTIONCLIP_SAMPLING_MMACTION2 1  /* mmaction2's, X-CLIP's and ViFi-CLIP's: the middle of each segment */
#define ACTIONCLIP_SAMPLING_OPEN_VCLIP 2 /* Open-VCLIP's middle view: 16*segments/30 seconds of the video */
#define ACTIONCLIP_SAMPLING_OPEN_VCLIP_START 3 /* its view at the beginning of the video */
#define ACTIONCLIP_SAMPLING_OPEN_VCLIP_END 4   /* its view at the end */

/* Chooses `segments` of `frame_count` frames by the rule ACTIONCLIP_SAMPLING_*. indices_out is [segments]. frame_rate
 * is in frames per second, above 0 and at most 1000000; only Open-VCLIP's views depend on it. Open-VCLIP scores the sum
 * of the three views' embeddings (frame_scores of actionclip_model_info). */
ACTIONCLIP_API int32_t actionclip_sample_indices_by(int32_t sampling, int64_t frame_count,
                                                    double frame_rate, int32_t segments,
                                                    int64_t *indices_out, size_t indices_capacity);

/* Returns the rule by which a model's frames are chosen, ACTIONCLIP_SAMPLING_*, or a negative status. */
ACTIONCLIP_API int32_t actionclip_model_sampling(const actionclip_model *model);

/* ------------------------------------------------------------------- streams */

/* A camera's frames, pushed one by one at their own times, and windows of T frames over them, each encoded as a video.
 *
 *   actionclip_stream_push(stream, &frame, timestamp_ns, &outcome);       // the camera's thread: never waits
 *   actionclip_stream_step(streams, count, 0, NULL);                      // a thread that computes, for all streams
 *   while (actionclip_stream_next(stream, &window, embedding, E, &found) == ACTIONCLIP_OK
 *          && found == ACTIONCLIP_NEXT_WINDOW) { ... }                    // any thread: score the embedding
 *
 * Push, step and next may be three threads; cancel, stats and info may be called from any. Pushes wait for each other,
 * and a step leaves out a stream that another one encodes. Nothing runs between calls: a stream has no thread of its
 * own. A stream keeps crops of S x S pixels, never whole pictures, in memory that it takes when it is made; the first
 * push, and one of another size, makes the tables of the resize. The model's handle may be freed first.
 *
 * Sampling. The frames from one gap to the next are a run; t0 is the timestamp of its first frame, which is due. By
 * time, with d = frame_interval_ns, a frame with timestamp t is in cell floor((t - t0 + floor(d/4)) / d), and it is due
 * if its cell is beyond that of the due frame before. The quarter keeps each frame of a camera whose period is d though
 * its timestamps jitter. By count, frames 0, n, 2n, ... of a run are due, with n = frame_stride. Sampled frames are due
 * frames that are not dropped.
 *
 * Windows. A window ends at the n-th sampled frame of a run if n - T is a multiple of hop, and n >= T, or n >= 1 with
 * ACTIONCLIP_WARMUP_REPEAT_FIRST and _PARTIAL. When a run ends, by a gap or by actionclip_stream_finish, and has frames
 * after its last window, its last T frames are a window too, its tail, or all its frames if it has fewer. A window of n
 * < T frames has them at the places that the model's sampling rule chooses for a video of n frames
 * (actionclip_sample_indices_by), or with ACTIONCLIP_WARMUP_REPEAT_FIRST T-n times the first frame and then all.
 *
 * Results. Except in ACTIONCLIP_STREAM_CAUSAL, a window's embedding has the same bits as if its T frames were encoded
 * together by actionclip_encode_camera_frames, however frames are pushed, stepped and batched. If frames_independent
 * (actionclip_model_info) is 1, each frame is encoded once; else each window is encoded anew, which
 * actionclip_stream_get_info says in frames_per_hop. */
typedef struct actionclip_stream actionclip_stream;

/* Ways to encode the frames of a model with temporal shift; for all others there is only ACTIONCLIP_STREAM_EXACT.
 *   EXACT   each window has the bits of its frames encoded as a video, so each is encoded anew
 *   CAUSAL  each frame is encoded once, with the causal shift (ACTIONCLIP_CAUSAL), after all earlier frames of its run.
 *           A frame's embedding has the bits that it has in a video of the run's frames up to it, encoded by the model
 *           loaded with ACTIONCLIP_CAUSAL; a window joins T of them. That is another network than EXACT, for weights
 *           trained with causal shift, and less accurate for others (docs/STREAMS.md). */
#define ACTIONCLIP_STREAM_EXACT 0
#define ACTIONCLIP_STREAM_CAUSAL 1

/* Rules for the windows of a run before its T-th sampled frame. */
#define ACTIONCLIP_WARMUP_WAIT 0         /* there are none */
#define ACTIONCLIP_WARMUP_REPEAT_FIRST 1 /* copies of the run's first frame stand in front of it */
#define ACTIONCLIP_WARMUP_PARTIAL 2      /* the run's frames are spread over the T places */

/* Rules for a due frame that finds queue_frames frames waiting. */
#define ACTIONCLIP_OVERFLOW_WAIT 0        /* it is not taken, and push gives ACTIONCLIP_PUSH_FULL: for files */
#define ACTIONCLIP_OVERFLOW_DROP_OLDEST 1 /* the oldest waiting frame is dropped */
#define ACTIONCLIP_OVERFLOW_DROP_NEWEST 2 /* the new frame is dropped, and its pixels are not read */
#define ACTIONCLIP_OVERFLOW_LATEST 3      /* one frame waits: each new one replaces it. For the least delay */

/* Options of a stream. Call actionclip_stream_options_init, then change fields; NULL in place of the struct means all
 * defaults. If neither frame_stride nor frame_interval_ns is set, the interval is what the model's file declares
 * (frame_interval_ns of actionclip_model_info), else 2 s / T. */
typedef struct actionclip_stream_options {
  uint32_t struct_size;      /* sizeof(actionclip_stream_options), set by _init */
  int32_t frame_stride;      /* pushed frames from one due frame to the next, up to 2^20; 0: by time */
  int64_t frame_interval_ns; /* nanoseconds from one due frame to the next, up to a day; 0: the default above */
  int32_t hop;               /* sampled frames from one window to the next, up to 2^16; 0: T/8, at least 1 */
  int32_t warmup;            /* ACTIONCLIP_WARMUP_* */
  int64_t gap_ns;            /* a longer hole between frames ends a run; -1: none does; 0: T intervals, by stride -1 */
  int64_t max_age_ns;        /* a step drops frames that are older than the newest one by more than this; 0: none */
  int32_t overflow;          /* ACTIONCLIP_OVERFLOW_* */
  int32_t queue_frames;      /* due frames that may wait for a step, up to 4096; 0: T; with OVERFLOW_LATEST always 1 */
  int32_t queue_windows;     /* windows that may wait for next, 2 to 65536; 0: 16. While full, frames wait */
  int32_t mode;              /* ACTIONCLIP_STREAM_* */
  const actionclip_preprocess_options *preprocess; /* borrowed for the call; NULL: the model's own */
} actionclip_stream_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_stream_options_init_sized(actionclip_stream_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_stream_options_init(actionclip_stream_options *options) {
  actionclip_stream_options_init_sized(options, sizeof *options);
}

/* Makes a stream. Free it with actionclip_stream_free. */
ACTIONCLIP_API int32_t actionclip_stream_create(const actionclip_model *model,
                                                const actionclip_stream_options *options,
                                                actionclip_stream **stream_out);
/* Frees a stream, which no other thread may use any more. NULL is ignored. */
ACTIONCLIP_API void actionclip_stream_free(actionclip_stream *stream);

/* Answers to a pushed frame. */
#define ACTIONCLIP_PUSH_QUEUED 1   /* the frame waits for a step */
#define ACTIONCLIP_PUSH_NOT_DUE 2  /* the frame is not sampled; its pixels were not read */
#define ACTIONCLIP_PUSH_REPLACED 3 /* the frame waits for a step, and older frames were dropped for it */
#define ACTIONCLIP_PUSH_DROPPED 4  /* the frame was dropped */
#define ACTIONCLIP_PUSH_FULL 5     /* the frame was neither taken nor counted: push it again once there is room */

/* Takes a frame with its timestamp in nanoseconds, of any clock, within 2^62 of 0. Timestamps must rise: a frame with a
 * bad timestamp, and one that actionclip_encode_camera_frames would refuse, is ACTIONCLIP_ERROR_INVALID_ARGUMENT; it
 * counts as refused, and the stream goes on as if it had not come. A due frame is resized and cropped before the call
 * returns; the caller's memory is free then. outcome_out may be NULL; *outcome_out is ACTIONCLIP_PUSH_*. */
ACTIONCLIP_API int32_t actionclip_stream_push(actionclip_stream *stream, const actionclip_frame *frame,
                                              int64_t timestamp_ns, int32_t *outcome_out);

/* Encodes waiting frames of many streams of one model in one batch, oldest first and one from each stream in turn, and
 * makes the windows that they complete. max_frames is the most that are taken; 0: no limit. A stream whose windows
 * have no room, or that another thread's step encodes, is left out, and one of ACTIONCLIP_STREAM_CAUSAL gives frames
 * of one run only. encoded_out may be NULL; *encoded_out is the number of frames taken, which is 0 where only a tail
 * was made. A step that fails leaves the frames waiting. If numbers overflow inside the network
 * (ACTIONCLIP_ERROR_NOT_FINITE), the frames of that stream are dropped, and the others' are encoded. If a stream is
 * cancelled, the step returns ACTIONCLIP_ERROR_CANCELLED. */
ACTIONCLIP_API int32_t actionclip_stream_step(actionclip_stream *const *streams, size_t stream_count,
                                              size_t max_frames, size_t *encoded_out);

/* Reasons to wait for streams. */
#define ACTIONCLIP_WAIT_STEP 1   /* there is work for a step */
#define ACTIONCLIP_WAIT_WINDOW 2 /* a window waits for next, or the stream has ended */
#define ACTIONCLIP_WAIT_ROOM 3   /* a due frame finds room */

/* Waits until one of many streams of one model is ready. *ready_out is the number of streams that are, 0 if timeout_ns
 * ran out first. timeout_ns negative: without limit; 0: the call does not wait. It returns
 * ACTIONCLIP_ERROR_CANCELLED if one of the streams is cancelled or the thread's cancel token is set. */
ACTIONCLIP_API int32_t actionclip_stream_wait(actionclip_stream *const *streams, size_t stream_count,
                                              int32_t reason, int64_t timeout_ns, size_t *ready_out);

/* Flags of a window. */
#define ACTIONCLIP_WINDOW_PARTIAL 1       /* the window has fewer than T different frames */
#define ACTIONCLIP_WINDOW_DISCONTINUITY 2 /* the window is the first one after a gap */
#define ACTIONCLIP_WINDOW_TAIL 4          /* the window is a tail: the rest of a run, less than a hop after the last */

/* A window over a stream's frames. */
typedef struct actionclip_window {
  uint32_t struct_size;   /* set it to sizeof(actionclip_window) before the call */
  int32_t flags;          /* ACTIONCLIP_WINDOW_* */
  int64_t sequence;       /* the window's number in the stream, from 0 on */
  int64_t start_ns;       /* timestamp of the window's first frame */
  int64_t end_ns;         /* timestamp of the window's last frame */
  int64_t first_push;     /* number of the window's first frame among all frames pushed, from 0 on */
  int64_t last_push;      /* number of the window's last frame among all frames pushed */
  int64_t dropped_inside; /* due frames between the first and the last that were dropped */
  int32_t frame_count;    /* number of different frames, 1 to T */
  int32_t reserved;       /* 0 */
} actionclip_window;

/* Answers of actionclip_stream_next. */
#define ACTIONCLIP_NEXT_NONE 0   /* no window is ready now */
#define ACTIONCLIP_NEXT_WINDOW 1 /* a window was taken */
#define ACTIONCLIP_NEXT_END 2    /* the stream is finished, and all its windows were taken */

/* Takes the oldest window that is ready: embedding_out [V], a video's row (video_size of actionclip_model_info), is what
 * actionclip_classifier_score takes.
 * window_out and embedding_out are written only if *found_out is ACTIONCLIP_NEXT_WINDOW. The caller sets
 * window_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_stream_next(actionclip_stream *stream, actionclip_window *window_out,
                                              float *embedding_out, size_t embedding_capacity,
                                              int32_t *found_out);

/* Says that no more frames come: steps make the windows of the end, and then next gives ACTIONCLIP_NEXT_END. A frame
 * pushed later, or whose push has not ended, is refused. */
ACTIONCLIP_API int32_t actionclip_stream_finish(actionclip_stream *stream);
/* Makes a stream as new, with its options: frames and windows are forgotten, counts are 0, and any timestamp may come
 * next. It waits for a step and a push in progress, and also revives a cancelled stream. */
ACTIONCLIP_API int32_t actionclip_stream_reset(actionclip_stream *stream);
/* Ends a step in progress within the time that one frame takes. From then on push, step, wait, next and finish return
 * ACTIONCLIP_ERROR_CANCELLED, until actionclip_stream_reset. Any thread may call it, but no signal handler. */
ACTIONCLIP_API int32_t actionclip_stream_cancel(actionclip_stream *stream);

/* The account of a stream at one moment. Always pushed = not_due + refused + dropped + encoded + pending. */
typedef struct actionclip_stream_stats {
  uint32_t struct_size;    /* set it to sizeof(actionclip_stream_stats) before the call */
  int32_t finished;        /* 1 after actionclip_stream_finish, else 0 */
  int64_t pushed;          /* frames pushed, without those that push answered with ACTIONCLIP_PUSH_FULL */
  int64_t not_due;         /* frames that were not sampled */
  int64_t refused;         /* frames that push refused with an error */
  int64_t dropped;         /* due frames that were dropped: by overflow, by age, or as numbers overflowed in a step */
  int64_t encoded;         /* frames that a step took */
  int64_t pending;         /* frames that wait for a step or are in one */
  int64_t windows;         /* windows made */
  int64_t windows_waiting; /* windows that wait for next */
  int64_t gaps;            /* gaps found */
  int64_t newest_ns;       /* the latest timestamp; INT64_MIN before the first frame */
} actionclip_stream_stats;

/* Gives a stream's account. The caller sets stats_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_stream_get_stats(const actionclip_stream *stream,
                                                   actionclip_stream_stats *stats_out);

/* The options of a stream after every default was resolved. */
typedef struct actionclip_stream_info {
  uint32_t struct_size;      /* set it to sizeof(actionclip_stream_info) before the call */
  int32_t frames;            /* T, frames of a window */
  int64_t frame_interval_ns; /* 0: by count */
  int32_t frame_stride;      /* 0: by time */
  int32_t hop;
  int64_t gap_ns;            /* INT64_MAX: none */
  int64_t max_age_ns;        /* INT64_MAX: none */
  int32_t warmup;            /* ACTIONCLIP_WARMUP_* */
  int32_t overflow;          /* ACTIONCLIP_OVERFLOW_* */
  int32_t queue_frames;
  int32_t queue_windows;
  int32_t frames_per_hop;    /* frames encoded from one window to the next: hop, or T if windows are encoded anew */
  int32_t interval_assumed;  /* 1 if neither the options nor the model's file states how frames are sampled */
  int64_t memory_bytes;      /* memory that the stream took when it was made */
  int32_t mode;              /* ACTIONCLIP_STREAM_* */
  int32_t reserved;          /* 0 */
} actionclip_stream_info;

/* Gives a stream's options. The caller sets info_out->struct_size first. */
ACTIONCLIP_API int32_t actionclip_stream_get_info(const actionclip_stream *stream,
                                                  actionclip_stream_info *info_out);

/* ------------------------------------------------------------ encode prompts */

/* Choices for a text of more than C-2 tokens, the argument too_long. */
#define ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR 0 /* ACTIONCLIP_ERROR_TEXT_TOO_LONG, as the reference */
#define ACTIONCLIP_TEXT_TRUNCATE 1          /* cut to C token ids, the last one end-of-text */

/* Encodes texts to embeddings: text_out is [prompt_count, E], not normalised. */
ACTIONCLIP_API int32_t actionclip_encode_prompts(const actionclip_model *model,
                                                 const char *const *prompts, size_t prompt_count,
                                                 int32_t too_long,
                                                 float *text_out, size_t text_capacity);

/* Encodes every label in every template: text_out is [template_count, label_count, E], in the reference's order. A
 * template is a text with one "{}" for the label (prefix, suffix or cloze prompt). With templates NULL and
 * template_count 0, the templates are the model's own (actionclip_model_template), or the reference's 16 if it has
 * none. A label that is empty, or nothing but white space, is ACTIONCLIP_ERROR_INVALID_ARGUMENT. */
ACTIONCLIP_API int32_t actionclip_encode_labels(const actionclip_model *model,
                                                const char *const *labels, size_t label_count,
                                                const char *const *templates, size_t template_count,
                                                int32_t too_long,
                                                float *text_out, size_t text_capacity);

/* Encodes labels that texts describe, one or more texts for each: text_out is [label_count, E], for one template. A
 * label's embedding is the weighted mean of its texts' embeddings, each scaled to unit length, scaled to unit length
 * itself. A text with one "{}" has the label put there; one without is taken as it is. `texts` and label_of_text, the
 * index of each text's label, are [text_count], from 1 to 2^20. `weights` is [text_count], finite and 0 or more; NULL:
 * equal weights. Every label needs a text of a weight above 0. */
ACTIONCLIP_API int32_t actionclip_encode_descriptions(const actionclip_model *model,
                                                      const char *const *labels, size_t label_count,
                                                      const char *const *texts, const int32_t *label_of_text,
                                                      const float *weights, size_t text_count, int32_t too_long,
                                                      float *text_out, size_t text_capacity);

/* Returns the number of the reference's templates. */
ACTIONCLIP_API int32_t actionclip_template_count(void);
/* Returns the reference's template at `index`, or NULL if there is none. The string is static. */
ACTIONCLIP_API const char *actionclip_template(int32_t index);

/* Encodes token ids to embeddings: text_out is [row_count, E], not normalised. `tokens` is [row_count, C]; each row has
 * the ids of one text with its start and end markers, then zeros. token_count is row_count*C. In a model with context
 * vectors the ids from -1 to -K are these. */
ACTIONCLIP_API int32_t actionclip_encode_tokens(const actionclip_model *model,
                                                const int32_t *tokens, size_t token_count,
                                                size_t row_count,
                                                float *text_out, size_t text_capacity);

/* Turns texts into rows of token ids for actionclip_encode_tokens: tokens_out is [prompt_count, C]. "<|context|>" in a
 * text becomes -1 to -K, the model's context vectors; in a model that has none it is ACTIONCLIP_ERROR_INVALID_ARGUMENT,
 * here and wherever a model encodes texts. */
ACTIONCLIP_API int32_t actionclip_tokenize(const actionclip_model *model,
                                           const char *const *prompts, size_t prompt_count,
                                           int32_t too_long,
                                           int32_t *tokens_out, size_t tokens_capacity);

/* ---------------------------------------------------------------- similarity */

/* Compares videos with texts: logits_out [video_count, text_count] is scale times the cosine similarity. `videos`
 * [video_count, E] and `texts` [text_count, E] need not be normalised; a row of zeros has similarity 0. The reference
 * evaluates with scale 100; the trained scale is logit_scale of actionclip_model_info. Videos of an X-CLIP are compared by
 * actionclip_model_similarity. */
ACTIONCLIP_API int32_t actionclip_similarity(const float *videos, size_t video_count,
                                             const float *texts, size_t text_count,
                                             size_t embedding_size, float scale,
                                             float *logits_out, size_t logits_capacity);

/* Compares videos with texts by a model: logits_out [video_count, text_count] is scale times the cosine similarity.
 * `videos` is [video_count, V], rows as the model's encoding functions write them (video_size of
 * actionclip_model_info), and `texts` [text_count, E] as actionclip_encode_prompts gives them, not normalised. Where each
 * video moves the texts (X-CLIP), it does so here; else this is actionclip_similarity. */
ACTIONCLIP_API int32_t actionclip_model_similarity(const actionclip_model *model,
                                                   const float *videos, size_t video_count,
                                                   const float *texts, size_t text_count, float scale,
                                                   float *logits_out, size_t logits_capacity);

/* Scores videos by the reference's evaluation rule: a softmax over classes for each template, then the mean over
 * templates. `videos` is [video_count, E], and `texts` is [template_count, class_count, E], as actionclip_encode_labels
 * gives it. probabilities_out is [video_count, class_count], and each row sums to 1. */
ACTIONCLIP_API int32_t actionclip_probabilities(const float *videos, size_t video_count,
                                                const float *texts, size_t template_count,
                                                size_t class_count, size_t embedding_size,
                                                float scale,
                                                float *probabilities_out,
                                                size_t probabilities_capacity);

/* Scores videos as actionclip_probabilities does, with a weighted mean over templates. `weights` is [template_count],
 * finite and 0 or more, with a sum above 0, by which they are divided; NULL: equal weights. Texts of a template of
 * weight 0 are not compared. */
ACTIONCLIP_API int32_t actionclip_probabilities_weighted(const float *videos, size_t video_count,
                                                         const float *texts, const float *weights,
                                                         size_t template_count, size_t class_count,
                                                         size_t embedding_size, float scale,
                                                         float *probabilities_out,
                                                         size_t probabilities_capacity);

/* Scores videos as a model does: `videos` is [video_count, V] (video_size of actionclip_model_info), `texts`
 * [template_count, class_count, E] as actionclip_encode_labels gives it, and `weights` as in
 * actionclip_probabilities_weighted, which this is but in three kinds of models. Where each video moves the texts
 * (X-CLIP), it does so here. Where each frame scores by itself (frame_scores), the templates of a class are joined to
 * one text, and a video's length counts. Where each class is scored by itself (sigmoid_scores), the sigmoid of scale
 * times the cosine plus logit_bias stands in place of the softmax, and rows of probabilities_out [video_count,
 * class_count] need not sum to 1. A scale of 0 is usual_scale of actionclip_model_info. */
ACTIONCLIP_API int32_t actionclip_model_probabilities(const actionclip_model *model,
                                                      const float *videos, size_t video_count,
                                                      const float *texts, const float *weights,
                                                      size_t template_count, size_t class_count, float scale,
                                                      float *probabilities_out, size_t probabilities_capacity);

/* --------------------------------------------------------------- classifiers */

/* Labels with their embeddings, for scoring one video after another. Any number of threads may use a classifier at
 * once, even while one of them sets other labels or teaches it: a call uses the list that it began with. The model's
 * handle may be freed first. */
typedef struct actionclip_classifier actionclip_classifier;

/* The labels of a classifier at one moment, with their embeddings. A list never changes, any number of threads may use
 * it at once, and it may outlive the classifier. Its generation is its number: 1 for the list that the classifier was
 * made with, and one more for each list set or fitted later. */
typedef struct actionclip_label_list actionclip_label_list;

/* Makes a classifier of 1 to 2^20 labels, which it encodes as actionclip_encode_labels does, with the same choice of
 * templates. A label that is there twice counts as two labels, which have the same scores. The model's own templates
 * count with their weights (actionclip_model_template_weight), others equally. Free it with
 * actionclip_classifier_free. */
ACTIONCLIP_API int32_t actionclip_classifier_create(const actionclip_model *model,
                                                    const char *const *labels, size_t label_count,
                                                    const char *const *templates,
                                                    size_t template_count, int32_t too_long,
                                                    actionclip_classifier **classifier_out);
/* Makes a classifier whose templates count with weights, as in actionclip_probabilities_weighted: `weights` is
 * [template_count]; NULL: as actionclip_classifier_create does. With `templates` NULL, `weights` must be NULL. A
 * template of weight 0 is not encoded. Free it with actionclip_classifier_free. */
ACTIONCLIP_API int32_t actionclip_classifier_create_weighted(const actionclip_model *model,
                                                             const char *const *labels, size_t label_count,
                                                             const char *const *templates,
                                                             const float *weights, size_t template_count,
                                                             int32_t too_long,
                                                             actionclip_classifier **classifier_out);

/* Makes a classifier of labels that texts describe, which it encodes as actionclip_encode_descriptions does, so that a
 * score costs as much as with one template. Labels with a description keep it whenever they are set again. Other labels
 * that are set later get the weighted mean over the model's own templates, or the reference's, in the same way. Free it
 * with actionclip_classifier_free. */
ACTIONCLIP_API int32_t actionclip_classifier_create_described(const actionclip_model *model,
                                                              const char *const *labels, size_t label_count,
                                                              const char *const *texts,
                                                              const int32_t *label_of_text, const float *weights,
                                                              size_t text_count, int32_t too_long,
                                                              actionclip_classifier **classifier_out);
/* Frees a classifier. NULL is ignored. */
ACTIONCLIP_API void actionclip_classifier_free(actionclip_classifier *classifier);

/* Sets a classifier's labels. Only labels that it does not have yet are encoded; results have the same bits as those of
 * a new classifier. On failure the labels stay as they were. generation_out may be NULL; *generation_out is the
 * generation of the new list. */
ACTIONCLIP_API int32_t actionclip_classifier_set_labels(actionclip_classifier *classifier,
                                                        const char *const *labels,
                                                        size_t label_count,
                                                        int64_t *generation_out);
/* Returns the number of labels that a classifier has now, or a negative status. */
ACTIONCLIP_API int32_t actionclip_classifier_label_count(const actionclip_classifier *classifier);

/* Scores `videos` [video_count, V] (video_size of actionclip_model_info: rows as encoding functions and streams give
 * them) with a classifier's present labels, as actionclip_probabilities does, or by frames (frame_scores of
 * actionclip_model_info): probabilities_out is [video_count, labels], rows packed. label_count_out and generation_out
 * may be NULL; they receive the number of labels and the generation of the list that was used. If another thread may
 * set labels meanwhile, use actionclip_label_list_score, whose output has a size that is known beforehand. A scale of 0
 * is the usual one: usual_scale of actionclip_model_info, or of a classifier that was fitted to examples 100. */
ACTIONCLIP_API int32_t actionclip_classifier_score(const actionclip_classifier *classifier,
                                                   const float *videos, size_t video_count,
                                                   float scale,
                                                   float *probabilities_out,
                                                   size_t probabilities_capacity,
                                                   size_t *label_count_out,
                                                   int64_t *generation_out);

/* Gives a classifier's present list of labels. Free it with actionclip_label_list_free. */
ACTIONCLIP_API int32_t actionclip_classifier_label_list(const actionclip_classifier *classifier,
                                                        actionclip_label_list **list_out);
/* Frees a list of labels. NULL is ignored. */
ACTIONCLIP_API void actionclip_label_list_free(actionclip_label_list *list);

/* Returns the number of labels in a list, or a negative status. */
ACTIONCLIP_API int32_t actionclip_label_list_count(const actionclip_label_list *list);
/* Returns the generation of a list, from 1 on, or a negative status. */
ACTIONCLIP_API int64_t actionclip_label_list_generation(const actionclip_label_list *list);
/* Returns the label at `index` of a list, or NULL if there is none. The string belongs to the list. */
ACTIONCLIP_API const char *actionclip_label_list_label(const actionclip_label_list *list, int32_t index);

/* Scores `videos` [video_count, V], as actionclip_classifier_score does, with the labels of a list: probabilities_out is
 * [video_count, labels]. */
ACTIONCLIP_API int32_t actionclip_label_list_score(const actionclip_label_list *list,
                                                   const float *videos, size_t video_count,
                                                   float scale,
                                                   float *probabilities_out,
                                                   size_t probabilities_capacity);

/* Writes the direction of each label of a list among embeddings, directions_out [labels, E], of unit length: the
 * weighted mean of its texts' embeddings, each scaled to unit length; of a fitted classifier the weights by which it
 * scores videos. The nearer a video's embedding to a direction, the more it shows of the label, which is how an archive
 * is searched (actionclip_index_query). Texts in opposite directions give zeros. Without a fit an X-CLIP returns
 * ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED: each video moves its labels, which have no direction by themselves. */
ACTIONCLIP_API int32_t actionclip_label_list_directions(const actionclip_label_list *list, float *directions_out,
                                                        size_t directions_capacity);

/* -------------------------------------------------------- teach a classifier */

/* A classifier learns labels from examples: clips that show them. Add clips, then fit:
 *
 *   actionclip_classifier_add_video(classifier, "hand over the cup", video, 0, INFINITY, 4, NULL, -1);
 *   actionclip_classifier_fit(classifier, NULL, NULL);
 *
 * From then on actionclip_classifier_score and new lists score with the fit; lists taken before stay as they are.
 * Labels without examples keep their words, and at a scale of 100 the probabilities are calibrated. A classifier stays
 * fitted: an example is taken in as it is added, with the choices of the latest fit; removing examples and setting
 * labels fits again. Call actionclip_classifier_fit after many additions, so that it chooses anew. Examples of labels
 * that are set no more are kept, and count again once their label is back. While a fitted classifier has fewer than two
 * labels or no example of one, words alone score. Each change of the fit makes a list of the next generation. Any
 * number of threads may score while others teach; a change that fails leaves the classifier as it was.
 *
 * An example is a clip of one or more views: other frames of it, or other crops. Views of one clip share its id, 0 or
 * more, and count together as one clip. A clip added without an id gets a negative one from the library. */

/* Adds examples of a label: `videos` [video_count, V] (video_size of actionclip_model_info), whose embeddings are scaled
 * to unit length; what else a row holds plays no part in a fit. `label` is one of the classifier's
 * labels. clip_ids is [video_count], each 0 or more, the same for views of one clip; NULL: each video is a clip of its
 * own. These are errors, and nothing is added: a label that the classifier does not have; a video of NaN, infinity or
 * zeros alone; an id of a clip with another label; an embedding that its clip has already. */
ACTIONCLIP_API int32_t actionclip_classifier_add_examples(actionclip_classifier *classifier, const char *label,
                                                          const float *videos, size_t video_count,
                                                          const int64_t *clip_ids);

/* Encodes the part of a video from `start` to `end` as actionclip_encode_video_between does, and adds it as an example.
 * `views` is 1 to 100: the model's rule chooses T * views frames, and each view takes every views-th of them, so each
 * covers the whole part. Views beyond the frames that the part has are left out. options may be NULL. clip_id is 0 or
 * more, or -1 for a clip of its own. */
ACTIONCLIP_API int32_t actionclip_classifier_add_video(actionclip_classifier *classifier, const char *label,
                                                       actionclip_video *video, double start, double end,
                                                       int32_t views,
                                                       const actionclip_preprocess_options *options,
                                                       int64_t clip_id);

/* Encodes frames in memory as actionclip_encode_frames does, and adds them as an example: T frames for each view.
 * options may be NULL. clip_id is 0 or more, or -1 for a clip of its own. */
ACTIONCLIP_API int32_t actionclip_classifier_add_frames(actionclip_classifier *classifier, const char *label,
                                                        const actionclip_image *frames, size_t frame_count,
                                                        const actionclip_preprocess_options *options,
                                                        int64_t clip_id);

/* Encodes camera frames in memory as actionclip_encode_camera_frames does, and adds them as an example. All else is as
 * for actionclip_classifier_add_frames. */
ACTIONCLIP_API int32_t actionclip_classifier_add_camera_frames(actionclip_classifier *classifier, const char *label,
                                                               const actionclip_frame *frames, size_t frame_count,
                                                               const actionclip_preprocess_options *options,
                                                               int64_t clip_id);

/* Removes clips by their ids. An id that the classifier does not have is an error, and nothing is removed. */
ACTIONCLIP_API int32_t actionclip_classifier_remove_examples(actionclip_classifier *classifier,
                                                             const int64_t *clip_ids, size_t clip_count);
/* Removes all clips of a label, or with NULL of all labels. */
ACTIONCLIP_API int32_t actionclip_classifier_clear_examples(actionclip_classifier *classifier, const char *label);

/* Returns the number of clips that a classifier has as examples, or a negative status. */
ACTIONCLIP_API int32_t actionclip_classifier_example_count(const actionclip_classifier *classifier);

/* A clip that a classifier has as an example. */
typedef struct actionclip_example {
  uint32_t struct_size; /* set it to sizeof(actionclip_example) before the call */
  int32_t label;        /* the index of its label in the present list; -1: the list does not have it */
  int64_t clip_id;      /* 0 or more: the caller's; below 0: the library's */
  int32_t views;
  int32_t reserved; /* 0 */
} actionclip_example;

/* Describes the clip at `index`, in the order of adding. */
ACTIONCLIP_API int32_t actionclip_classifier_example(const actionclip_classifier *classifier, int32_t index,
                                                     actionclip_example *example_out);

/* Ways to learn from examples; docs/ADAPTATION.md has the formulas. */
#define ACTIONCLIP_FIT_AUTO 0       /* the best of the others, by clips that are left out */
#define ACTIONCLIP_FIT_WORDS 1      /* the words alone, as without examples */
#define ACTIONCLIP_FIT_PROTOTYPES 2 /* words mixed with the mean of each label's clips */
#define ACTIONCLIP_FIT_RIDGE 3      /* words mixed with ridge regression */
#define ACTIONCLIP_FIT_SOFTMAX 4    /* softmax regression held to the words */

/* Options of a fit. Call actionclip_fit_options_init, then change fields; none needs to be changed. A number that is
 * NaN is chosen by the fit, from clips that it leaves out. */
typedef struct actionclip_fit_options {
  uint32_t struct_size; /* sizeof(actionclip_fit_options), set by _init */
  int32_t method;       /* ACTIONCLIP_FIT_* */
  double text_weight;   /* the factor of the words' logit of a label with examples, 0 to 1e6; NaN by default */
  double clip_weight;   /* the factor of the score by clips, 0 to 1e6; NaN by default */
  double offset;        /* what is added to the logit of labels with examples, -1e6 to 1e6; NaN by default */
  double ridge;         /* the strength of ridge regression's penalty, 1e-6 to 1e6; NaN by default */
  double anchor;        /* how strongly softmax regression is held to the words, 1e-6 to 1e6; NaN by default */
  double accept_rate;   /* the share of clips, left out, that the reject threshold accepts, 0 to 1; 0.95 by default */
} actionclip_fit_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_fit_options_init_sized(actionclip_fit_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_fit_options_init(actionclip_fit_options *options) {
  actionclip_fit_options_init_sized(options, sizeof *options);
}

/* Fits a classifier to its examples, by clips alone: no video takes part that was not added. The result has the same
 * bits for any order of adding and any ids. options may be NULL. generation_out may be NULL; *generation_out is the
 * generation of the new list. Fewer than two labels, or no example of one, is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. */
ACTIONCLIP_API int32_t actionclip_classifier_fit(actionclip_classifier *classifier,
                                                 const actionclip_fit_options *options,
                                                 int64_t *generation_out);
/* Returns a classifier to its words; the examples stay. generation_out may be NULL; *generation_out is the generation
 * of the new list. */
ACTIONCLIP_API int32_t actionclip_classifier_unfit(actionclip_classifier *classifier, int64_t *generation_out);

/* Decides about videos [video_count, E] with a list of a fit: labels_out [video_count] is the index of the best label,
 * or -1 if the video shows none of them: the best label has examples, and its probability is below the list's
 * threshold. The threshold says nothing of labels without examples. probabilities_out [video_count] is the largest
 * probability, calibrated as at a scale of 100, and margins_out [video_count] the amount by which it exceeds the second
 * largest; either may be NULL. Without a fit every video shows a label. */
ACTIONCLIP_API int32_t actionclip_label_list_decide(const actionclip_label_list *list,
                                                    const float *videos, size_t video_count,
                                                    int32_t *labels_out, size_t labels_capacity,
                                                    float *probabilities_out, float *margins_out);
/* Returns the threshold of actionclip_label_list_decide, 0 to 1, or a negative status. The fit chose it so that of the
 * clips that it left out the share accept_rate is accepted; 0 without a fit. */
ACTIONCLIP_API double actionclip_label_list_reject_threshold(const actionclip_label_list *list);

/* Scores videos [video_count, E] that may show several labels or none: probabilities_out [video_count, labels] are
 * independent of each other. A video shows the labels whose threshold they reach. A list without a fit is
 * ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. */
ACTIONCLIP_API int32_t actionclip_label_list_score_independent(const actionclip_label_list *list,
                                                               const float *videos, size_t video_count,
                                                               float *probabilities_out,
                                                               size_t probabilities_capacity);
/* Returns the independent probability, 0 to 1, from which on a video shows the label at `index`, or a negative
 * status. */
ACTIONCLIP_API double actionclip_label_list_threshold(const actionclip_label_list *list, int32_t index);

/* The report of a fit: which method was chosen and why, how well it does on clips that it did not see, and which clips
 * and labels deserve a look. All of it is known from leaving each clip out in turn. The choices of the fit were made by
 * the same clips, so the figures flatter a little where clips are few. A report never changes, any number of threads
 * may use it at once, and it may outlive its classifier. Of a clip with several views, each view counts its part, so
 * numbers of clips need not be whole. */
typedef struct actionclip_report actionclip_report;

/* Gives the report of a classifier's latest fit. Clips added after it have no part in it. Without a fit, or with one
 * that was loaded from a file, it is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. Free it with actionclip_report_free. */
ACTIONCLIP_API int32_t actionclip_classifier_report(const actionclip_classifier *classifier,
                                                    actionclip_report **report_out);
/* Frees a report. NULL is ignored. */
ACTIONCLIP_API void actionclip_report_free(actionclip_report *report);

/* The numbers of rows that a report has. */
typedef struct actionclip_report_info {
  uint32_t struct_size; /* set it to sizeof(actionclip_report_info) before the call */
  int32_t is_automatic; /* 1: the fit chose the method */
  int32_t chosen;       /* the index of the method that is used, for actionclip_report_trial */
  int32_t trials;       /* methods that were tried; index 0 is the words alone */
  int32_t label_count;  /* labels in all */
  int32_t labels;       /* labels with examples, for actionclip_report_label */
  int32_t clips;        /* clips, for actionclip_report_clip */
  int32_t single_clips; /* clips that are the only one of their label, of which nothing can be said */
  int32_t confusions;   /* pairs of labels that were confused, for actionclip_report_confusion */
  int32_t reserved;     /* 0 */
  double reject_threshold; /* a video whose largest probability is below it shows none of the labels */
  double known;            /* clips that were left out, by which the threshold was chosen */
  double accepted;         /* of these, the clips that it accepts */
  double unknown;  /* clips whose label was taken out with its words, which stand for unknown actions */
  double rejected; /* of these, the clips that the threshold rejects */
  double roc_area; /* the probability that a known clip has a larger score than an unknown one; 0 if there are none */
} actionclip_report_info;
/* Gives the numbers of rows that a report has. */
ACTIONCLIP_API int32_t actionclip_report_get_info(const actionclip_report *report, actionclip_report_info *info_out);

/* A method that was tried, on clips that were left out. */
typedef struct actionclip_trial_report {
  uint32_t struct_size;  /* set it to sizeof(actionclip_trial_report) before the call */
  int32_t method;        /* ACTIONCLIP_FIT_* */
  double clips;          /* clips that could be left out */
  double right;          /* of these, the clips whose label is the best one */
  double right_low;      /* Wilson's 95 % interval of the share of right ones, 0 to 1 */
  double right_high;
  double among_five;     /* clips whose label is among the best five */
  double loss;           /* the mean of -log of the label's probability */
  double word_clips;     /* clips left out with all clips of their label, which stand for labels without examples */
  double right_by_words; /* of these, the clips whose label is the best one */
  double temperature;    /* the factor on the logits that made the probabilities calibrated */
  double text_weight;    /* the numbers of actionclip_fit_options that were chosen or given; NaN: not used */
  double clip_weight;
  double offset;
  double ridge;
} actionclip_trial_report;
/* Describes a method that was tried. */
ACTIONCLIP_API int32_t actionclip_report_trial(const actionclip_report *report, int32_t index,
                                               actionclip_trial_report *trial_out);

/* A label that has examples. */
typedef struct actionclip_label_report {
  uint32_t struct_size; /* set it to sizeof(actionclip_label_report) before the call */
  int32_t label;        /* its index */
  int32_t clips;        /* its clips */
  int32_t reserved;     /* 0 */
  double judged;        /* clips that could be left out: 0 of a single one */
  double right;         /* of these, the clips that are recognised */
  double right_by_words; /* of these, the clips that the words alone recognise */
  double mean_probability; /* the mean probability of the label; 0 of a single clip */
} actionclip_label_report;
/* Describes a label with examples; `index` goes by the labels' order. */
ACTIONCLIP_API int32_t actionclip_report_label(const actionclip_report *report, int32_t index,
                                               actionclip_label_report *label_out);

/* A clip, and what a fit without it says of it. */
typedef struct actionclip_clip_report {
  uint32_t struct_size; /* set it to sizeof(actionclip_clip_report) before the call */
  int32_t label;        /* the index of its label */
  int64_t clip_id;
  int32_t best;            /* the label with the largest probability; -1 of a single clip: the numbers are then 0 */
  int32_t best_by_words;   /* the label that the words alone find best */
  double probability;      /* of its own label */
  double best_probability; /* of the best label */
  double margin;           /* the probability of its own label less the largest of another */
  int32_t is_suspect;      /* 1: it looks mislabelled: another label is over 20 times as probable as its own */
  int32_t has_duplicate;   /* 1: another clip has nearly the same view, with a cosine of 0.9995 or more */
  int64_t duplicate_id;    /* that clip, the smallest id of several; 0 if there is none */
  int32_t duplicate_has_other_label; /* 1: such a clip has another label */
  int32_t reserved;                  /* 0 */
} actionclip_clip_report;
/* Describes a clip; `index` goes by their ids. */
ACTIONCLIP_API int32_t actionclip_report_clip(const actionclip_report *report, int32_t index,
                                              actionclip_clip_report *clip_out);

/* Two labels of which clips were taken for each other when they were left out. */
typedef struct actionclip_confusion_report {
  uint32_t struct_size; /* set it to sizeof(actionclip_confusion_report) before the call */
  int32_t first;        /* the smaller index of the two labels */
  int32_t second;
  int32_t reserved; /* 0 */
  double clips;     /* clips of either label that were taken for the other */
} actionclip_confusion_report;
/* Describes a pair of confused labels; the one with the most clips has index 0. */
ACTIONCLIP_API int32_t actionclip_report_confusion(const actionclip_report *report, int32_t index,
                                                   actionclip_confusion_report *confusion_out);

/* Returns the text of a label by its index in a report, or NULL if there is none. The string belongs to the report. */
ACTIONCLIP_API const char *actionclip_report_label_text(const actionclip_report *report, int32_t label);
/* Writes one sentence for people that says why the method was chosen. *size_out is its size with the NUL; with text_out
 * NULL and text_capacity 0 only the size is given. */
ACTIONCLIP_API int32_t actionclip_report_reason(const actionclip_report *report, char *text_out, size_t text_capacity,
                                                size_t *size_out);
/* Writes the whole report for people, in lines of at most 100 characters, as actionclip_report_reason writes its
 * sentence. */
ACTIONCLIP_API int32_t actionclip_report_text(const actionclip_report *report, char *text_out, size_t text_capacity,
                                              size_t *size_out);

/* Writes a classifier as one file, as actionclip_model_save does it: its labels with their embeddings, its examples and
 * its fit (docs/FORMAT.md). keep_clips is 1 or 0. With 0 no clip is in the file, only sums over clips: then the
 * classifier that is loaded can score, and after ACTIONCLIP_FIT_PROTOTYPES and _RIDGE take in more clips of one view,
 * but not be fitted again nor get other labels. The sum over a single clip is that clip. */
ACTIONCLIP_API int32_t actionclip_classifier_save(const actionclip_classifier *classifier, const char *path,
                                                  int32_t keep_clips);
/* Loads a classifier that was saved. It scores with the bits that the saved one scored with, and nothing is encoded. A
 * file for another model is ACTIONCLIP_ERROR_OPTION_CONFLICT; precision and storage of the model may differ. Free the
 * classifier with actionclip_classifier_free. */
ACTIONCLIP_API int32_t actionclip_classifier_load(const actionclip_model *model, const char *path,
                                                  actionclip_classifier **classifier_out);

/* ---------------------------------------------------------- weights of templates */

/* Origins of the weights that actionclip_prompts_fit chose. */
#define ACTIONCLIP_PROMPTS_EQUAL 0          /* equal weights */
#define ACTIONCLIP_PROMPTS_WITHOUT_LABELS 1 /* those of actionclip_prompts_fit_unlabelled */
#define ACTIONCLIP_PROMPTS_FITTED 2         /* fitted to the labels */

/* The result of actionclip_prompts_fit. Shares and means are over the videos given. Where the weights are fitted, each
 * clip is scored with weights that were fitted without it. */
typedef struct actionclip_prompts_report {
  uint32_t struct_size;         /* set it to sizeof(actionclip_prompts_report) before the call */
  int32_t origin;               /* ACTIONCLIP_PROMPTS_* */
  int32_t kept;                 /* templates with a weight above 0 */
  int32_t folds;                /* parts that were left out: one for each clip up to 64 clips, else 32 */
  double strength;              /* the prior's strength as a share of the videos; 0 if nothing was fitted */
  double equal_top1;            /* share of videos that equal weights classify right */
  double equal_log_likelihood;  /* with equal weights, the mean log-probability of the right label */
  double chosen_top1;           /* share of videos that the chosen weights classify right */
  double chosen_log_likelihood; /* with the chosen weights, the mean log-probability of the right label */
} actionclip_prompts_report;

/* Chooses weights for templates by labelled videos: weights_out is [template_count], 0 for templates that do not count,
 * and sums to 1. They are for actionclip_probabilities_weighted, actionclip_classifier_create_weighted and
 * actionclip_save_options. `videos`, `texts` and `scale` are as in actionclip_probabilities; `labels` is [video_count],
 * the index of each video's class. clip_ids [video_count] has the same number for views of one clip, which are left out
 * together; NULL: each video is a clip. The weights maximise the likelihood of the labels under a prior whose strength
 * is chosen by leaving clips out. They replace weights that use no label only where they classify more of the clips
 * left out right, so that a few clips do no harm. `strength` is negative for that, or the strength itself, a share of
 * the videos. report_out may be NULL. docs/PROMPTS.md has the formulas. The call takes 8 bytes for each video, template
 * and class. */
ACTIONCLIP_API int32_t actionclip_prompts_fit(const float *videos, size_t video_count,
                                              const int32_t *labels, const int64_t *clip_ids,
                                              const float *texts, size_t template_count, size_t class_count,
                                              size_t embedding_size, float scale, double strength,
                                              float *weights_out, size_t weights_capacity,
                                              actionclip_prompts_report *report_out);

/* Chooses weights for templates by videos without labels, as zero-shot prompt ensembling does (arXiv 2302.06235): a
 * template counts more if some class stands out in it for each video. weights_out is [template_count] and sums to 1. */
ACTIONCLIP_API int32_t actionclip_prompts_fit_unlabelled(const float *videos, size_t video_count,
                                                         const float *texts, size_t template_count,
                                                         size_t class_count, size_t embedding_size, float scale,
                                                         float *weights_out, size_t weights_capacity);

/* Returns the number of templates in the built-in pool, from which actionclip_prompts_fit may choose. The reference's
 * are not among them. */
ACTIONCLIP_API int32_t actionclip_pool_template_count(void);
/* Returns the pool's template at `index`, or NULL if there is none. The string is static. */
ACTIONCLIP_API const char *actionclip_pool_template(int32_t index);

/* -------------------------------------------------------------------- tuners */

/* A tuner trains a copy of a model on a caller's own clips (the paper's fine-tuning, section 3.3), and makes new models
 * of it. The model that it began with stays as it is, and usable.
 *
 *   actionclip_tuner_create(model, labels, label_count, NULL, 0, NULL, &tuner);
 *   actionclip_tuner_add_video(tuner, &label, 1, video, 0, INFINITY, 4, NULL, ACTIONCLIP_CLIP_TRAINED);
 *   actionclip_tuner_run(tuner, 0, progress, user, &result);   // or actionclip_tuner_step in the host's own loop
 *   actionclip_tuner_model(tuner, NAN, &tuned);                // a model like any other: save it, score with it
 *
 * Phases. Clips and texts are added first. The first call that needs the copy (actionclip_tuner_get_info, _step, _run,
 * _eval, _save, _load or _model) makes it, and from then on adding is ACTIONCLIP_ERROR_OPTION_CONFLICT.
 *
 * Clips are kept as crops of S x S pixels, or with an augmentation as pictures, so videos and pictures may be freed
 * once they are added. Clips of actionclip_tuner_add_video_file are decoded again at each draw.
 *
 * Steps. An epoch goes through the trained clips in an order drawn anew, `batch` of them a step; those that are left
 * over at its end are left out, other ones each time. For each clip of a step a view or T frames, what the augmentation
 * asks for and, with ACTIONCLIP_LOSS_MULTI_POSITIVE, a label of its labels and a text of that label are drawn. Draws
 * follow from the seed and the step's number alone. So a step that failed or was cancelled draws the same when it is
 * repeated, and a tuner that goes on from a saved state takes the steps of one that never stopped, bit for bit, with
 * any number of threads.
 *
 * A step that fails changes nothing, except where weights overflow (actionclip_tuner_step). A clip whose numbers
 * overflow is ACTIONCLIP_ERROR_NOT_FINITE, and the message names it by its index among the clips of its purpose, from 0
 * on in the order of adding.
 *
 * Threads: a tuner is for one thread at a time, except for actionclip_tuner_cancel. The copy computes with as many
 * threads as the model. The model's handle may be freed first. */
typedef struct actionclip_tuner actionclip_tuner;

/* Presets of training.
 *   ANCHORED   what the paper trains by, made safe: decay on matrices alone, the norm of all gradients at most 1, the
 *              scale of cosines at most 100, and models that are half-way between base and tuned
 *   REFERENCE  the released trainer: decay on every parameter, no limits, a rate that changes at every tenth step,
 *              matrices of the encoders rounded to fp16 after each step, and models of the tuned weights alone. Its
 *              ways to draw pixels are options of their own: `augment` and `jitter` */
#define ACTIONCLIP_RECIPE_ANCHORED 0
#define ACTIONCLIP_RECIPE_REFERENCE 1

/* Losses of a batch.
 *   MULTI_POSITIVE  the paper's (section 3.1): the mean of two KL divergences, of videos to texts and of texts to
 *                   videos, where clips that have a label in common are matches; one text a clip
 *   CROSS_ENTROPY   cross-entropy of each clip over all labels, in equal shares where it has several; one text a
 *                   label */
#define ACTIONCLIP_LOSS_MULTI_POSITIVE 0
#define ACTIONCLIP_LOSS_CROSS_ENTROPY 1

/* Parts of an encoder that are trained. */
#define ACTIONCLIP_TRAIN_NOTHING 0
#define ACTIONCLIP_TRAIN_PROJECTION 1  /* the projection, and the LayerNorm before it */
#define ACTIONCLIP_TRAIN_BLOCKS 2      /* the projection, and so many of the last blocks */
#define ACTIONCLIP_TRAIN_EVERYTHING 3

/* Augmentations: how the crops of a clip to train on are drawn at each step. They take the RGB pictures of its frames,
 * those with a short side above S * 256 / 224 shrunk to that, and give crops of S x S pixels.
 *   NONE            the crop of test time
 *   FLIP            one of 13 places in one of ten sizes (1, .875, .75 or .66 of the short side, sides of neighbouring
 *                   sizes), the same for all frames of a clip, resized bilinearly; and one clip in two mirrored
 *   REFERENCE       the released trainer's: as FLIP, then for four clips in five a jitter of brightness and contrast
 *                   (0.4), saturation (0.2) and hue (0.1), drawn for each frame; and one clip in five grey
 *   REFERENCE_K400  the released trainer's for Kinetics-400: before all that RandAugment, two operations at strength 9,
 *                   drawn for each frame
 * Operations give the bytes that Pillow gives. They have the trainer's (trainer/) names and shares, and draws of their
 * own. */
#define ACTIONCLIP_AUGMENT_NONE 0
#define ACTIONCLIP_AUGMENT_FLIP 1
#define ACTIONCLIP_AUGMENT_REFERENCE 2
#define ACTIONCLIP_AUGMENT_REFERENCE_K400 3

/* Clips that an augmentation may mirror: all but those with a label whose texts tell left from right, since they have
 * one of the words left, right, leftward(s), rightward(s), clockwise, anticlockwise and counterclockwise, in any case.
 * The texts of a label are the label itself and those of actionclip_tuner_add_text. */
#define ACTIONCLIP_MIRROR_UNLESS_SIDED 0

/* Options of a tuner. Call actionclip_tuner_options_init, then change fields; NULL in place of the struct means all
 * defaults: the temporal head and the scale of cosines are trained, ANCHORED. A number that is NaN, or 0 in `epochs`,
 * is the recipe's. */
typedef struct actionclip_tuner_options {
  uint32_t struct_size;   /* sizeof(actionclip_tuner_options), set by _init */
  int32_t recipe;         /* ACTIONCLIP_RECIPE_* */
  int32_t loss;           /* ACTIONCLIP_LOSS_* */
  int32_t vision;         /* ACTIONCLIP_TRAIN_*, of the image encoder; NOTHING by default */
  int32_t vision_blocks;  /* with ACTIONCLIP_TRAIN_BLOCKS, 1 to the encoder's layers; else 0 */
  int32_t text;           /* ACTIONCLIP_TRAIN_*, of the text encoder; NOTHING by default */
  int32_t text_blocks;    /* with ACTIONCLIP_TRAIN_BLOCKS, 1 to the encoder's layers; else 0 */
  int32_t head;           /* ACTIONCLIP_ON (default) or _OFF: whether the temporal head is trained */
  int32_t logit_scale;    /* ACTIONCLIP_ON (default) or _OFF: whether the scale of cosines is trained */
  int32_t new_head;       /* ACTIONCLIP_HEAD_*: a head that starts anew in place of the model's; AS_CHECKPOINT: none */
  int32_t frames;         /* T of the copy with a new head; 0: the model's */
  int32_t epochs;         /* 1 to 100000; 0: the recipe's, 50 */
  int32_t batch;          /* clips a step, 1 to 65536; fewer if there are fewer clips. 32 by default */
  int32_t too_long;       /* ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR or _TRUNCATE, for texts */
  double warm_up_epochs;  /* epochs in which the rate rises from 0, 0 to `epochs`; the recipe's is 5, or fewer epochs */
  double rate;            /* the encoders' learning rate, above 0 to 1; the recipe's is 5e-6 */
  double head_rate_factor; /* the head's rate, as a multiple of `rate`, 0 to 1e6; the recipe's is 10 */
  double weight_decay;    /* 0 to 10; the recipe's is 0.2 */
  /* The factor a, 0 to 1e6, of a |parameters - those before training|^2, which is added to the loss; the recipe's is
   * 0, since the share of actionclip_tuner_model keeps a model near its base (docs/DECISIONS.md). */
  double anchor;
  uint64_t seed;          /* of every draw, and of a new head's numbers; 0 by default */
  /* Bytes that the tuner may take, its clips and texts included; 0: what it needs, and up to 2 GiB to save time. A call
   * that would go beyond it takes none and returns ACTIONCLIP_ERROR_OUT_OF_MEMORY. What the tuner does not need is spent
   * on keeping what no training changes of clips and texts, and activations for the backward pass, which changes no bit.
   * Models that it makes, also for actionclip_tuner_eval, are not counted. */
  int64_t max_memory;
  /* Context vectors that are trained in place of a template's words (CoOp, arXiv 2109.01134), up to C - 3; 0 (default):
   * none. They stand where templates have "<|context|>". If none of the tuner's templates has it, the only template is
   * "<|context|> {}", and the vectors start as the words before the label in the first of the tuner's templates that
   * has as many tokens there: 4 with the reference's are "a photo of action". Otherwise they start as normal numbers of
   * deviation 0.02. A model that has context vectors goes on with as many, or keeps them with 0. The text encoder may
   * be frozen, but each step goes back through all of it. */
  int32_t contexts;
  int32_t augment;        /* ACTIONCLIP_AUGMENT_*; NONE by default */
  double context_rate_factor; /* the context vectors' rate, as a multiple of `rate`, 0 to 1e6; the recipe's is 1000 */
  /* The factor d, 0 to below 1, of an exponential mean of the trained numbers: it starts with those before training,
   * and after each step it is d times itself and 1 - d times the numbers. Models are made of it, at any share. The
   * recipe's is 0: models are made of the latest numbers. */
  double mean_decay;
  /* The share, 0 to 0.9, of numbers that the Transf_cls head drops by chance in each step, as
   * torch.nn.TransformerEncoder does while it is trained; other heads drop none. The recipe's is 0 with ANCHORED, 0.1
   * with REFERENCE. The released trainer's drop_out and emb_dropout are 0 in all its configurations, and tuners have
   * nothing like them. */
  double head_dropout;
  /* ACTIONCLIP_ON: each step draws a frame of each of T equal parts of a clip's frames, as the reference does with
   * random_shift; of T frames or fewer, all of them and some again. _OFF (default): it draws a view. */
  int32_t jitter;
  int32_t mirror;         /* ACTIONCLIP_MIRROR_UNLESS_SIDED (default), _ON or _OFF: which clips are mirrored */
  /* A file that keeps what no training changes of clips, in place of memory; NULL: none. It is made where there is none,
   * and used again by tuners with the same clips to train on, read alike and in the same order, whose `vision`,
   * `compute_type`, `frames` and frozen weights of the image encoder are the same; others empty it. So a search over
   * seeds, batches, labels, texts, recipes or new heads computes clips once. Where the disk is full, the rest is computed
   * each time. A file that is no such cache is ACTIONCLIP_ERROR_FILE_OPEN, and so is one that another tuner uses. */
  const char *cache_path;
  int32_t compute_type;   /* ACTIONCLIP_COMPUTE_FP32 (also DEFAULT), or _BF16 for the encoders' products; what is trained,
                             sums, the temporal head and the optimizer are fp32 */
  int32_t reserved;       /* 0 */
} actionclip_tuner_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_tuner_options_init_sized(actionclip_tuner_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_tuner_options_init(actionclip_tuner_options *options) {
  actionclip_tuner_options_init_sized(options, sizeof *options);
}

/* Makes a tuner of 1 to 2^20 labels. The texts of a label are the label in each template: NULL with template_count 0
 * takes the model's own, or the reference's 16. A model held in bf16 or int8 is tuned from its rounded weights, in
 * fp32.
 * A model with a temporal view (Open-VCLIP) and an X-CLIP are ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED. Free the tuner with
 * actionclip_tuner_free. */
ACTIONCLIP_API int32_t actionclip_tuner_create(const actionclip_model *model,
                                               const char *const *labels, size_t label_count,
                                               const char *const *templates, size_t template_count,
                                               const actionclip_tuner_options *options,
                                               actionclip_tuner **tuner_out);
/* Frees a tuner. Models that it made stay. NULL is ignored. */
ACTIONCLIP_API void actionclip_tuner_free(actionclip_tuner *tuner);

/* Adds a whole text of the label at index `label`, such as a description, beside those that the templates give. */
ACTIONCLIP_API int32_t actionclip_tuner_add_text(actionclip_tuner *tuner, int32_t label, const char *text);

/* Purposes of a clip. */
#define ACTIONCLIP_CLIP_TRAINED 0  /* steps train on it */
#define ACTIONCLIP_CLIP_HELD_OUT 1 /* only actionclip_tuner_eval looks at it */

/* Adds a clip: the part of a video from `start` to `end`, as actionclip_encode_video_between takes it. labels
 * [label_count] are indices of the tuner's labels, 1 to 256, each once. `views` is 1 to 100: the model's rule chooses
 * T * views frames, and each view takes every views-th of them; each step draws one view. options may be NULL.
 * `purpose` is ACTIONCLIP_CLIP_*. A clip takes views * T * 3 * S * S bytes, or with an augmentation, if steps train on
 * it, those of views * T pictures. On failure nothing is added. */
ACTIONCLIP_API int32_t actionclip_tuner_add_video(actionclip_tuner *tuner, const int32_t *labels, size_t label_count,
                                                  actionclip_video *video, double start, double end, int32_t views,
                                                  const actionclip_preprocess_options *options, int32_t purpose);
/* Adds a clip that is the part of a video file from `start` to `end`, and is opened and decoded at each draw, so that
 * it takes no memory. Steps draw their frames from all of the part with `jitter`; without it they have those of test
 * time, as clips held out always have. The file is opened once now, with video_options, as actionclip_video_open does;
 * it must stay as it is: a file that a step cannot open, that is damaged, or whose size or time of modification is
 * another one is an error that names it, as actionclip_video_open and actionclip_encode_video give them, and the step
 * has changed nothing. A saved state knows files by their size and both their ends, so they may be moved. A draw
 * decodes all frames that the chosen ones need, which may take longer than to train on them: short files, small
 * pictures and frequent key frames help. options and video_options may be NULL. All else is as for
 * actionclip_tuner_add_video. */
ACTIONCLIP_API int32_t actionclip_tuner_add_video_file(actionclip_tuner *tuner, const int32_t *labels,
                                                       size_t label_count, const char *path, double start, double end,
                                                       const actionclip_preprocess_options *options,
                                                       const actionclip_video_options *video_options, int32_t purpose);
/* Adds a clip from images: frame_count = views * T, the first view's T frames first, with 1 to 100 views; with `jitter`
 * any number of 1 to 100 * T frames in order of time. All else is as for actionclip_tuner_add_video. */
ACTIONCLIP_API int32_t actionclip_tuner_add_frames(actionclip_tuner *tuner, const int32_t *labels, size_t label_count,
                                                   const actionclip_image *frames, size_t frame_count,
                                                   const actionclip_preprocess_options *options, int32_t purpose);
/* Adds a clip from camera frames. All else is as for actionclip_tuner_add_frames. */
ACTIONCLIP_API int32_t actionclip_tuner_add_camera_frames(actionclip_tuner *tuner, const int32_t *labels,
                                                          size_t label_count, const actionclip_frame *frames,
                                                          size_t frame_count,
                                                          const actionclip_preprocess_options *options,
                                                          int32_t purpose);
/* Adds a clip from pixels already resized, cropped and normalised: `pixels` [frame_count, 3, S, S] in the order R, G,
 * B, which no augmentation changes. pixel_count is the number of floats, which the tuner copies: 4 bytes each. NaN or
 * infinity is ACTIONCLIP_ERROR_NOT_FINITE. All else is as for actionclip_tuner_add_frames. */
ACTIONCLIP_API int32_t actionclip_tuner_add_pixels(actionclip_tuner *tuner, const int32_t *labels, size_t label_count,
                                                   const float *pixels, size_t pixel_count, size_t frame_count,
                                                   int32_t purpose);

/* The sizes of a tuner. */
typedef struct actionclip_tuner_info {
  uint32_t struct_size;    /* set it to sizeof(actionclip_tuner_info) before the call */
  int32_t labels;
  int32_t clips;           /* clips to train on */
  int32_t held_out;        /* clips held out */
  int64_t steps;           /* steps done */
  int64_t total_steps;     /* steps of the whole recipe */
  int64_t steps_per_epoch;
  int64_t trained;         /* numbers that are trained */
  int64_t model_bytes;     /* memory of the copy, its gradients and its moments */
  int64_t clip_bytes;      /* memory of the clips and texts */
  int64_t work_bytes;      /* the most working memory that a step takes besides, without that of decoding files */
  int32_t batch;           /* clips a step */
  int32_t reserved;        /* 0 */
  int64_t cache_bytes;     /* memory of what no training changes of clips and texts, besides a file's */
} actionclip_tuner_info;

/* Makes the copy, if no call has made it, and gives the tuner's sizes, before any step is done. If the sum of the four
 * memories is above max_memory, it and every call that needs the copy return ACTIONCLIP_ERROR_OUT_OF_MEMORY, and the
 * message has both numbers; where that is known from sizes alone, nothing is taken. No clip to train on, or clips of
 * one label alone, is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. */
ACTIONCLIP_API int32_t actionclip_tuner_get_info(actionclip_tuner *tuner, actionclip_tuner_info *info_out);

/* The result of a step. */
typedef struct actionclip_tuner_result {
  uint32_t struct_size;  /* set it to sizeof(actionclip_tuner_result) before the call */
  int32_t reserved;      /* 0 */
  int64_t step;          /* its number, from 1 on */
  int64_t total_steps;   /* steps of the whole recipe */
  double loss;           /* the loss before the step: the mean of both ways, or cross-entropy's */
  double video_loss;     /* the divergence of videos to texts */
  double text_loss;      /* the divergence of texts to videos; 0 with cross-entropy */
  double scale;          /* the scale of cosines after the step; 0 if it is not trained */
  double rate;           /* the encoders' learning rate */
  double gradient_norm;  /* the norm of all gradients together, before it was limited */
} actionclip_tuner_result;

/* Does one step. After the last one it is ACTIONCLIP_ERROR_INVALID_ARGUMENT. result_out may be NULL. A cancel token, as
 * actionclip_tuner_cancel, ends it within the time that one clip takes, with nothing changed. Gradients that overflow
 * are ACTIONCLIP_ERROR_NOT_FINITE: training diverged, and the tuner keeps its last good numbers. So are weights that
 * overflow, which only rates far too high can do: calls for the tuner's numbers then fail so until
 * actionclip_tuner_load. */
ACTIONCLIP_API int32_t actionclip_tuner_step(actionclip_tuner *tuner, actionclip_tuner_result *result_out);

/* A host's function that actionclip_tuner_run calls after each step, on the same thread, between two calls of the
 * library: it may call any function, with the same tuner too, but must not free it. A result other than 0 ends the run.
 * It must return: neither exceptions nor longjmp may pass through the library. */
typedef int32_t (*actionclip_tuner_progress)(void *user, const actionclip_tuner_result *result);

/* Does `steps` steps, or with 0 all that are left; fewer where the recipe ends. progress may be NULL; `user` is handed
 * to it. result_out may be NULL; *result_out is the last step's, and is not written if no step was left. The steps
 * before one that failed or was cancelled are done, and *result_out is the last one's. */
ACTIONCLIP_API int32_t actionclip_tuner_run(actionclip_tuner *tuner, int64_t steps, actionclip_tuner_progress progress,
                                            void *user, actionclip_tuner_result *result_out);

/* Ends the present step or run, or the next one if there is none, with ACTIONCLIP_ERROR_CANCELLED, within the time that
 * one clip takes. A present call that makes the copy of the model, such as the first actionclip_tuner_get_info or
 * actionclip_tuner_load, is ended too. The call that ended so has used it up: later ones go on. Any thread may call
 * this. */
ACTIONCLIP_API int32_t actionclip_tuner_cancel(actionclip_tuner *tuner);

/* The result of an evaluation. */
typedef struct actionclip_tuner_score {
  uint32_t struct_size;  /* set it to sizeof(actionclip_tuner_score) before the call */
  int32_t clips;         /* clips that were scored */
  int32_t right;         /* of these, the clips whose best label is one of theirs */
  int32_t among_five;    /* of these, the clips with a label of theirs among the best five */
  double loss;           /* the mean of -log of the probability of a clip's labels, in equal shares */
} actionclip_tuner_score;

/* Scores the clips of a purpose (ACTIONCLIP_CLIP_*) with the model that actionclip_tuner_model would make at `share`,
 * in fp32: each clip's first view, against the mean of each label's texts, each scaled to unit length. The tuner stays
 * as it is. No clip of that purpose is ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES. */
ACTIONCLIP_API int32_t actionclip_tuner_eval(actionclip_tuner *tuner, int32_t purpose, double share,
                                             actionclip_tuner_score *score_out);

/* Writes the whole state as one file, as actionclip_model_save does it: the trained numbers, both their moments, and
 * the number of steps, from which every draw follows. Clips are not in it. */
ACTIONCLIP_API int32_t actionclip_tuner_save(actionclip_tuner *tuner, const char *path);
/* Goes on from a state. The tuner must have the model, options, labels, texts and clips, in the same order, of the one
 * that saved it; else it is ACTIONCLIP_ERROR_OPTION_CONFLICT, which names the first option that differs with both its
 * values, or says that the model, the texts or the clips are others. Threads, max_memory, cache_path and clips held out
 * may differ. On failure the tuner stays as it was; so a tuner that has a copy already takes the memory of a second one
 * during the call. */
ACTIONCLIP_API int32_t actionclip_tuner_load(actionclip_tuner *tuner, const char *path);

/* Makes a new model of the base and the tuned weights, (1 - share) base + share tuned, with `share` from 0 to 1, or NaN
 * for the recipe's: 0.5 with ANCHORED, 1 with REFERENCE. A new head is taken whole, and so are context vectors that
 * started as random numbers; those that started as words are mixed with them. The model has the base model's precision,
 * threads, tokenizer, preprocessing, templates and notes, and the tuner's labels, and no SHA-256; with `contexts`, its
 * templates are the tuner's. A base that scores each label by itself (sigmoid_scores of actionclip_model_info) gives a
 * model without that, which scores by the softmax that it was trained with. The tuner may go on. Free the model with
 * actionclip_model_free. */
ACTIONCLIP_API int32_t actionclip_tuner_model(actionclip_tuner *tuner, double share, actionclip_model **model_out);

/* Makes a new model of the weights of two, (1 - share) first + share second, with `share` from 0 to 1 (WiSE-FT, arXiv
 * 2109.01903). It has all else of `first`, and scores each label by itself if both do. Parameters must have the same names
 * and shapes, and the networks the same head, T and other options; else it is ACTIONCLIP_ERROR_OPTION_CONFLICT. Free the
 * model with actionclip_model_free. */
ACTIONCLIP_API int32_t actionclip_models_interpolate(const actionclip_model *first, const actionclip_model *second,
                                                     double share, actionclip_model **model_out);

/* -------------------------------------------------------------------- events */

/* A tracker turns the scores of windows into events: "waving started at 12.4 s", "waving ended at 15.0 s". Make one,
 * push each window's scores as they come, and take the events after each push:
 *
 *   actionclip_tracker_create(label_count, NULL, &tracker);
 *   actionclip_tracker_push(tracker, window.start_ns, window.end_ns, probabilities, label_count);
 *   for (int32_t found; actionclip_tracker_next(tracker, &event, &found) == ACTIONCLIP_OK && found;) ...
 *   actionclip_tracker_finish(tracker);  // the end of the input; then take the last events
 *
 * It reads no clock: equal windows give equal events to the last bit, live or from a recording. Scores may be
 * probabilities, cosines or any finite numbers. Any number of threads may use a tracker: calls take turns.
 *
 * Rules. Times are nanoseconds on the caller's clock; divisions of times round down.
 *   Time     Window i is about its middle, m[i] = start + (end - start) / 2. It counts from b[i] = m[i-1] + (m[i] -
 *            m[i-1]) / 2 on, the first window from its start on.
 *   Scores   s[i] = p[i] + w (s[i-1] - p[i]) with w = 2^(-(m[i] - m[i-1]) / half_life_ns), in double; s[0] = p[0].
 *            Without half_life_ns, s[i] = p[i].
 *   On, off  INDEPENDENT: a label that is off is on from b[i] on if s[i] >= on; one that is on is off from b[i] on if
 *            s[i] < off. EXCLUSIVE: on from b[i] on is the label with the largest s[i] (the first of equal ones), if
 *            that is at least `on` and above every other by at least `margin`; else the label that was on before, if
 *            its s[i] >= off; else none. A label that has no run does not come on until min_off_ns after the end of
 *            its last event.
 *   Runs     A run of a label begins where it comes on. Where it goes off and comes on again sooner than min_off_ns,
 *            the run goes on; else it ends where the label went off. Before its scores count, window i shows that the
 *            label that was on is so until b[i]; then they show which is on, or off, until m[i].
 *   Events   A run is an event, STARTED, as soon as it is known to last min_on_ns and has a window in which the label
 *            is on; others are dropped. Its ENDED comes as soon as the run is known to have ended. So no event is
 *            shorter than min_on_ns, and no gap between two events of a label is shorter than min_off_ns. UPDATED
 *            comes with windows in which the label is on, once update_ns of decided_ns have passed since the event's
 *            last report.
 *   Others   EXCLUSIVE: while the label of a run is off, another label may begin a run. If the first label comes back
 *            in time, the second run is dropped; once the second run is an event, the first ends where its label went
 *            off. A third label's run replaces the second one. none_label takes part as a label of its own, but has no
 *            runs.
 *   Length   A run that is an event and is known to last max_event_ns or more ends after max_event_ns, and a new run
 *            begins there. If windows are further apart, it ends after as many times max_event_ns as it is known to
 *            last, and never before the middle of a window in which its label is on: then it goes on for longer.
 *   Holes    If a window starts more than gap_ns after the end of the window before, every run ends with that one, as
 *            actionclip_tracker_finish ends it, and the new window is a first one. Numbers go on.
 *   Finish   Labels that are on are so until the last window's end; all events end.
 * Events come in the order in which they are decided. In one push they come by label; EXCLUSIVE: the ENDED of the
 * label before comes first. docs/EVENTS.md has the same as a program, figures, and how to choose thresholds. */
typedef struct actionclip_tracker actionclip_tracker;

#define ACTIONCLIP_TRACK_EXCLUSIVE 0   /* at most one label has an event at a time */
#define ACTIONCLIP_TRACK_INDEPENDENT 1 /* each label has events of its own */

/* Options of a tracker. Call actionclip_tracker_options_init, then change fields. Times are 0 for none. */
typedef struct actionclip_tracker_options {
  uint32_t struct_size; /* sizeof(actionclip_tracker_options), set by _init */
  int32_t mode;         /* ACTIONCLIP_TRACK_*; EXCLUSIVE by default */
  double on;            /* smoothed score from which on a label comes on; 0.4 by default, which is for probabilities */
  double off;           /* smoothed score below which it goes off, at most `on`; 0.3 by default */
  double margin;        /* EXCLUSIVE: what a label must have over every other to come on, 0 or more; 0 by default */
  int64_t min_on_ns;    /* no event is shorter; 1 s by default */
  int64_t min_off_ns;   /* no gap between two events of a label is shorter; 0.5 s by default */
  int64_t half_life_ns; /* time after which a score counts half; 0.5 s by default; 0: no smoothing */
  int64_t max_event_ns; /* longer events are split, at least min_on_ns and min_off_ns; 0 by default: never */
  int64_t update_ns;    /* time from one report of an open event to the next; 0 by default: no UPDATED */
  int64_t gap_ns;       /* a longer hole between windows ends every event; 2 s by default; 0: never */
  int32_t none_label;   /* index of the label that means "nothing in particular"; -1 by default: there is none */
  int32_t reserved;     /* 0 */
  /* Thresholds of each label [label_count], in place of `on` and `off`; NULL: those for all. Borrowed for the call. */
  const double *label_on;
  const double *label_off;
  size_t label_count; /* of label_on and label_off: the tracker's; 0 without them */
} actionclip_tracker_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_tracker_options_init_sized(actionclip_tracker_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_tracker_options_init(actionclip_tracker_options *options) {
  actionclip_tracker_options_init_sized(options, sizeof *options);
}

/* Makes a tracker for scores of `label_count` labels, 1 to 2^20. options may be NULL. All its memory is taken here.
 * Free it with actionclip_tracker_free. */
ACTIONCLIP_API int32_t actionclip_tracker_create(size_t label_count, const actionclip_tracker_options *options,
                                                 actionclip_tracker **tracker_out);

/* Gives a tracker the scores [label_count] of a window. It refuses these, takes nothing of them, and goes on with the
 * next window: an end that is not after the window before, or a start before that window's; times beyond -2^62 ..
 * 2^62; a score that is not finite (ACTIONCLIP_ERROR_NOT_FINITE); any window after actionclip_tracker_finish; and any
 * while more than 16 events wait (INDEPENDENT: 5 for each label), which is ACTIONCLIP_ERROR_BUFFER_TOO_SMALL until
 * actionclip_tracker_next has taken them. No event is ever lost. */
ACTIONCLIP_API int32_t actionclip_tracker_push(actionclip_tracker *tracker, int64_t start_ns, int64_t end_ns,
                                               const float *scores, size_t label_count);

#define ACTIONCLIP_EVENT_STARTED 1
#define ACTIONCLIP_EVENT_UPDATED 2 /* the event goes on: its numbers so far */
#define ACTIONCLIP_EVENT_ENDED 3

/* A report on an event. Each event has one STARTED and, later, one ENDED. */
typedef struct actionclip_event {
  uint32_t struct_size; /* set it to sizeof(actionclip_event) before the call */
  int32_t kind;         /* ACTIONCLIP_EVENT_* */
  int32_t label;        /* the index of the label */
  int32_t reserved;     /* 0 */
  int64_t number;       /* 0, 1, 2, ... in the order of starting: the same in each report of the event */
  int64_t start_ns;
  int64_t end_ns;     /* ENDED: the end; else the time until which the label is known to be on */
  int64_t decided_ns; /* the end of the window that decided this; of the last one in actionclip_tracker_finish */
  int64_t peak_ns;    /* the middle of the window with the largest smoothed score, the first of equal ones */
  double peak;        /* that score; windows in which the label is off do not count */
  double mean;        /* the mean smoothed score of the event's windows, those of its gaps included */
} actionclip_event;

/* Takes the event that has waited longest: *found_out is 1, or 0 if none waits; then *event_out is left as it is. */
ACTIONCLIP_API int32_t actionclip_tracker_next(actionclip_tracker *tracker, actionclip_event *event_out,
                                               int32_t *found_out);
/* Ends every event with the last window. The events wait for actionclip_tracker_next. A second call does nothing. */
ACTIONCLIP_API int32_t actionclip_tracker_finish(actionclip_tracker *tracker);
/* Makes a tracker as new, for `label_count` labels: windows and waiting events are forgotten, numbers begin at 0. It
 * must be above none_label, and is the old one where label_on or label_off were given. */
ACTIONCLIP_API int32_t actionclip_tracker_reset(actionclip_tracker *tracker, size_t label_count);
/* Frees a tracker. NULL is ignored. */
ACTIONCLIP_API void actionclip_tracker_free(actionclip_tracker *tracker);

/* Ways to find the segments of a whole file. In the last two, window i counts from b[i] to b[i+1] of a tracker's
 * rules, the last one to its end: d[i] seconds. */
/* Every moment, between two times at which some window starts or ends, goes to the label with the largest mean score
 * over the windows that cover it; of equal ones the first. Neighbours with one label are one segment. */
#define ACTIONCLIP_SEGMENTS_MEAN 0
/* The events of a tracker, except those that end where they start. */
#define ACTIONCLIP_SEGMENTS_HYSTERESIS 1
/* The labels, one for each window, with the largest total: d[i] times the label's score, summed over the windows, less
 * change_cost for each change of label. A label's segment lasts min_duration_ns or more, or the whole file. */
#define ACTIONCLIP_SEGMENTS_VITERBI 2
/* The same total for a list of steps: each comes once, in the order of the list, and optional ones may be missing. */
#define ACTIONCLIP_SEGMENTS_ORDERED 3

/* Options of finding segments. Call actionclip_segment_options_init, then change fields. */
typedef struct actionclip_segment_options {
  uint32_t struct_size; /* sizeof(actionclip_segment_options), set by _init */
  int32_t method;       /* ACTIONCLIP_SEGMENTS_*; MEAN by default */
  const actionclip_tracker_options *tracker; /* HYSTERESIS: the tracker's options; NULL: its defaults. Borrowed */
  const double *thresholds; /* MEAN: [label_count], means below show no label; NULL by default: none. Borrowed */
  double change_cost;       /* VITERBI, ORDERED: 0 or more, in seconds times score; 0.25 by default */
  /* VITERBI, ORDERED: the score of showing no label; ORDERED: between steps. -INFINITY by default: a label always
   * shows, unless there is none_label, whose score counts for no label too. */
  double none_score;
  int64_t min_duration_ns; /* VITERBI, ORDERED: least duration of a label's segment, not of none's; 0 by default */
  int32_t none_label;      /* index of the label that means no label; -1 by default: none. HYSTERESIS has tracker's */
  int32_t reserved;        /* 0 */
  const int32_t *steps;    /* ORDERED: the labels of the steps [step_count] in their order. Borrowed */
  size_t step_count;
  const int32_t *step_optional; /* ORDERED: [step_count], 1 for a step that may be missing, else 0; NULL: none may */
} actionclip_segment_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_segment_options_init_sized(actionclip_segment_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_segment_options_init(actionclip_segment_options *options) {
  actionclip_segment_options_init_sized(options, sizeof *options);
}

/* A part of a file that shows a label. */
typedef struct actionclip_segment {
  uint32_t struct_size; /* of the first element of an array: sizeof(actionclip_segment), set before the call */
  int32_t label;        /* the index of the label; -1: no label, never of HYSTERESIS */
  int64_t start_ns;
  int64_t end_ns;
  /* The mean score of the label over the segment's time; of HYSTERESIS the event's mean; where MEAN finds no label, the
   * score of the best one. */
  double score;
  int32_t step;     /* ORDERED: the place in `steps`, else -1 */
  int32_t reserved; /* 0 */
} actionclip_segment;

/* Finds the segments of a whole file from the scores [window_count, label_count] of its windows, whose times follow
 * each other as in actionclip_tracker_push. segments_out is [capacity]; its elements are as far apart as the
 * struct_size of the first says, and get that struct_size. *count_out is the number of segments, which follow each
 * other by their starts. With segments_out NULL and capacity 0 only the number is given. options may be NULL. MEAN
 * takes numbers of frames as well as times. Of equal totals VITERBI and ORDERED take, at the first window where they
 * differ, the one without a change, then no label, then the label or step that comes first. Steps that do not fit are
 * ACTIONCLIP_ERROR_INVALID_ARGUMENT. VITERBI takes 12 bytes for each window and label, ORDERED 24 for each window and
 * step. */
ACTIONCLIP_API int32_t actionclip_find_segments(const int64_t *starts_ns, const int64_t *ends_ns, const float *scores,
                                                size_t window_count, size_t label_count,
                                                const actionclip_segment_options *options,
                                                actionclip_segment *segments_out, size_t capacity, size_t *count_out);

/* Suggests thresholds for a tracker by labelled spans: label span_labels[k] is shown from span_starts_ns[k] to
 * span_ends_ns[k], for span_count spans in any order; where no span of a label is, it is not shown. Windows and scores
 * are as in actionclip_find_segments. on_out and off_out are [label_count]: of the pairs tried, the one whose events,
 * of a tracker with these options for that label alone, have the largest F1: twice the time in both events and spans,
 * over the time in events plus the time in spans. Of equal pairs those with fewest events count, and of these the
 * middle `on` with its middle `off` is taken. Thresholds are tried from 24 quantiles of the label's smoothed scores in
 * its spans and 24 outside: the lowest one, and the middle between each two neighbours. Labels without spans get the
 * options' own. f1_out [label_count] may be NULL; it is the F1, NaN without spans. Several files go into one call:
 * shift the times of each so that it follows the file before by more than gap_ns. */
ACTIONCLIP_API int32_t actionclip_suggest_thresholds(const int64_t *starts_ns, const int64_t *ends_ns,
                                                     const float *scores, size_t window_count, size_t label_count,
                                                     const int32_t *span_labels, const int64_t *span_starts_ns,
                                                     const int64_t *span_ends_ns, size_t span_count,
                                                     const actionclip_tracker_options *options,
                                                     double *on_out, size_t on_capacity,
                                                     double *off_out, size_t off_capacity,
                                                     double *f1_out, size_t f1_capacity);

/* ------------------------------------------------------------------- indexes */

/* An index searches an archive: the folder that `actionclip embed` fills with the embeddings of many videos, a row for
 * each window of a video. A search compares every row, so it misses nothing:
 *
 *   actionclip_index_open("archive", NULL, &index);
 *   actionclip_encode_prompts(model, &words, 1, 0, query, E);
 *   moments[0].struct_size = sizeof moments[0];
 *   actionclip_index_query(index, query, NULL, 1, E, NULL, moments, 20, &count);
 *
 * An index shows the archive as it was when it was opened. Its files are read and never mapped, so that a file that is
 * cut or replaced meanwhile is ACTIONCLIP_ERROR_FILE_READ and no fault of the host. docs/ARCHIVES.md has the format. */
typedef struct actionclip_index actionclip_index;

/* Options of opening an index. Call actionclip_index_options_init, then change fields. */
typedef struct actionclip_index_options {
  uint32_t struct_size; /* sizeof(actionclip_index_options), set by _init */
  int32_t threads;      /* threads that compare rows, 1 to 256; 0 by default: as many as a model's */
  /* 1: rows are read into memory once, which takes their size of it; 0 by default: each search reads the files, which
   * the system's page cache keeps. */
  int32_t in_memory;
  int32_t reserved; /* 0 */
} actionclip_index_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_index_options_init_sized(actionclip_index_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_index_options_init(actionclip_index_options *options) {
  actionclip_index_options_init_sized(options, sizeof *options);
}

/* Opens the archive in a folder. options may be NULL. A folder without a manifest is ACTIONCLIP_ERROR_FILE_OPEN; files
 * that contradict each other, or whose sizes are not those of their headers, are ACTIONCLIP_ERROR_FORMAT_INVALID. Free
 * it with actionclip_index_free. */
ACTIONCLIP_API int32_t actionclip_index_open(const char *path, const actionclip_index_options *options,
                                             actionclip_index **index_out);
/* Frees an index. NULL is ignored. */
ACTIONCLIP_API void actionclip_index_free(actionclip_index *index);

/* Types of an archive's numbers. */
#define ACTIONCLIP_INDEX_FP32 1
#define ACTIONCLIP_INDEX_FP16 2

/* Facts of an archive. */
typedef struct actionclip_index_info {
  uint32_t struct_size; /* set it to sizeof(actionclip_index_info) before the call */
  int32_t dimension;    /* numbers of an embedding, E */
  int64_t rows;         /* rows, those of removed videos included */
  int64_t removed_rows; /* rows of removed videos, which are never found */
  double window;        /* seconds of a window; 0: rows are whole videos */
  double step;          /* seconds from one window's start to the next one's; 0: rows are whole videos */
  int32_t frames;       /* frames that the model saw of a window; 0: not stated */
  int32_t number_type;  /* ACTIONCLIP_INDEX_* */
  int32_t unfinished;   /* 1: it was being written when it was opened, or a run was interrupted: rows are missing */
  int32_t reserved;     /* 0 */
} actionclip_index_info;

/* Describes an archive. */
ACTIONCLIP_API int32_t actionclip_index_get_info(const actionclip_index *index, actionclip_index_info *info_out);
/* Returns the text of the archive's manifest.json, which names the model that the rows are of; NULL on failure. The
 * string belongs to the index. */
ACTIONCLIP_API const char *actionclip_index_manifest(const actionclip_index *index);

/* Options of a search. Call actionclip_query_options_init, then change fields. */
typedef struct actionclip_query_options {
  uint32_t struct_size; /* sizeof(actionclip_query_options), set by _init */
  int32_t merge;        /* 1 by default: windows are merged to moments; 0: every window is a moment of its own */
  double minimum_score; /* moments of lower scores are left out; -INFINITY by default: none are */
} actionclip_query_options;

/* Sets struct_size and every default in a struct of `struct_size` bytes, as actionclip_model_options_init_sized does
 * for its struct. */
ACTIONCLIP_API void actionclip_query_options_init_sized(actionclip_query_options *options, size_t struct_size);
/* Sets struct_size and every default in a struct of the size that the caller was compiled with. NULL is ignored. */
static inline void actionclip_query_options_init(actionclip_query_options *options) {
  actionclip_query_options_init_sized(options, sizeof *options);
}

/* A part of a video that a search found. Times are seconds from the video's beginning. */
typedef struct actionclip_moment {
  uint32_t struct_size; /* of the first element of an array: sizeof(actionclip_moment), set before the call */
  int32_t reserved;     /* 0 */
  int64_t row;          /* the row of the best window, for actionclip_index_row */
  double score;         /* the best window's cosine similarity to the query, -1 to 1 */
  double start;
  double end;
  double peak_start; /* the best window's times */
  double peak_end;
} actionclip_moment;

/* Finds the `capacity` best moments of an archive. The query is the sum of `vectors` [vector_count, dimension], each
 * scaled to unit length and times its weight: embeddings of texts, of videos, or both. `weights` is [vector_count];
 * NULL: 1 each; a negative one takes a meaning away. vector_count is from 1 to 65536, and vectors that cancel each other
 * out are ACTIONCLIP_ERROR_INVALID_ARGUMENT. moments_out is [capacity], 1 to 2^20; its elements are as far apart as the
 * struct_size of the first says, and get that struct_size. *count_out is the number of moments found. options may be
 * NULL.
 *
 * The order is that of exact sums, rounded once to double; of equal scores by path, then start. Windows are taken from
 * the best on. Each begins a moment, which grows over the windows before and after it that touch what it has, are of the
 * same video, and score at least half-way from the archive's mean score to the moment's own. A window that touches an
 * earlier moment and is no part of it is passed over. Rows that hold no embedding of unit length are never found. */
ACTIONCLIP_API int32_t actionclip_index_query(const actionclip_index *index, const float *vectors,
                                               const float *weights, size_t vector_count, size_t dimension,
                                               const actionclip_query_options *options,
                                               actionclip_moment *moments_out, size_t capacity, size_t *count_out);

/* Gives the window that a row stands for: its times in seconds, which may be NULL, and its video's path as the archive
 * has it. *path_size_out is the size of the path in bytes with its NUL; with path_out NULL and path_capacity 0 only the
 * size is given. */
ACTIONCLIP_API int32_t actionclip_index_row(const actionclip_index *index, int64_t row, double *start_out,
                                            double *end_out, char *path_out, size_t path_capacity,
                                            size_t *path_size_out);

/* --------------------------------- the tokenizer and preprocessing by themselves */

/* A tokenizer without a model, CLIP's, SigLIP's or BERT's. It is immutable, and any number of threads may use it at once. */
typedef struct actionclip_tokenizer actionclip_tokenizer;

/* Loads CLIP's byte-level BPE tokenizer from a merge list (CLIP's own, or Hugging Face's merges.txt) or a
 * tokenizer.json, plain or gzip; the format is detected from the content. Every id in a tokenizer.json, and in a
 * vocab.json beside a merges.txt, must be CLIP's; the message of ACTIONCLIP_ERROR_TOKENIZER_INVALID names the token
 * whose id is not. Texts are cleaned as CLIP does it, for any such file. SigLIP's spiece.model (SentencePiece, unigrams)
 * and SigLIP 2's tokenizer.json (byte pairs with byte fallback) are read too, and their texts cleaned as transformers
 * does it; and BERT's uncased vocab.txt and tokenizer.json (word pieces), as open_clip's CLIPA has them. A step of such a
 * file that is not computed is ACTIONCLIP_ERROR_TOKENIZER_INVALID or _FORMAT_UNSUPPORTED by its name.
 * Free it with actionclip_tokenizer_free. */
ACTIONCLIP_API int32_t actionclip_tokenizer_load(const char *path,
                                                 actionclip_tokenizer **tokenizer_out);
/* Frees a tokenizer. NULL is ignored. */
ACTIONCLIP_API void actionclip_tokenizer_free(actionclip_tokenizer *tokenizer);

/* Turns a text of `text_size` bytes into token ids, without start and end markers. *count_out is the number of ids.
 * With ids_out NULL and ids_capacity 0 only the number is given. */
ACTIONCLIP_API int32_t actionclip_tokenizer_encode(const actionclip_tokenizer *tokenizer,
                                                   const char *text, size_t text_size,
                                                   int32_t *ids_out, size_t ids_capacity,
                                                   size_t *count_out);

/* Resizes and crops one image: crop_out is [size, size, 3], RGB. `size` is S, 1 .. 4096; mean and std are not used.
 * Bicubic resizing, width first, has the same bits as Pillow before 13, and as later ones except for images more than
 * twice as tall as wide. Bilinear resizing has the same bits as OpenCV's. options may be NULL. */
ACTIONCLIP_API int32_t actionclip_preprocess_crop(const actionclip_image *image, int32_t size,
                                                  const actionclip_preprocess_options *options,
                                                  uint8_t *crop_out, size_t crop_capacity);

/* Resizes and crops one image as actionclip_preprocess_crop does, then normalises it: pixels_out [3, size, size] is
 * (value / 255 - mean) / std. options may be NULL. */
ACTIONCLIP_API int32_t actionclip_preprocess_pixels(const actionclip_image *image, int32_t size,
                                                    const actionclip_preprocess_options *options,
                                                    float *pixels_out, size_t pixels_capacity);

/* Resizes and crops one camera frame. All else is as for actionclip_preprocess_crop. */
ACTIONCLIP_API int32_t actionclip_preprocess_crop_camera_frame(const actionclip_frame *frame, int32_t size,
                                                               const actionclip_preprocess_options *options,
                                                               uint8_t *crop_out, size_t crop_capacity);

/* Resizes, crops and normalises one camera frame. All else is as for actionclip_preprocess_pixels. */
ACTIONCLIP_API int32_t actionclip_preprocess_pixels_camera_frame(const actionclip_frame *frame, int32_t size,
                                                                 const actionclip_preprocess_options *options,
                                                                 float *pixels_out, size_t pixels_capacity);

#ifdef __cplusplus
}
#endif

#endif /* ACTIONCLIP_H */
