#!/bin/sh
# Makes the tiny clips in Tests/VideoTests/Fixtures with the ffmpeg program. They are committed, so
# that tests need no ffmpeg; run this only to change them.
#
# In the digits_* clips frame k shows k itself: eight bars of 8x48 pixels, the lowest bit at the
# left, white for 1. Whoever reads frame k can check that it is frame k.
set -eu
cd "$(dirname "$0")/../Tests/VideoTests/Fixtures"

bars="nullsrc=size=64x48:rate=25,format=yuv420p,\
geq=lum='16+219*mod(floor(N/pow(2,floor(X/8))),2)':cb=128:cr=128"
make() { ffmpeg -v error -y -f lavfi -i "$@"; }

# H.264 with a pyramid of B frames: stored in another order than shown. Header in front, so that a
# file cut short can still be opened.
make "$bars" -frames:v 60 -c:v libx264 -bf 5 -x264-params b-pyramid=normal:keyint=20:scenecut=0 \
  -crf 20 -movflags +faststart -fflags +bitexact -flags:v +bitexact digits_bframes.mp4

# Variable frame rate, starting at 5 s, written to a pipe: no count, no duration, no index.
# A frame's time from the first is its number divided by 25.
make "$bars" -vf "select='lt(mod(n,7),3)+not(mod(n,11))'" -fps_mode vfr -t 3 -c:v libx264 -bf 2 \
  -crf 20 -output_ts_offset 5 -fflags +bitexact -flags:v +bitexact -f matroska - \
  | cat > digits_vfr_stream.mkv

# VP8 with hidden reference frames: more packets than frames. The encoder makes them for moving
# pictures only, hence those below the bars.
moving="testsrc2=size=64x48:rate=25,format=yuv420p,\
geq=lum='if(lt(Y,32),16+219*mod(floor(N/pow(2,floor(X/8))),2),lum(X,Y))':cb=128:cr=128"
log=$(mktemp -u)
vp8="-frames:v 60 -c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 60k -passlogfile $log"
make "$moving" $vp8 -pass 1 -f null -
make "$moving" $vp8 -pass 2 -fflags +bitexact -flags:v +bitexact digits_hidden.webm
rm -f "$log"-*

# One quadrant red, green, blue, white: which way is up.
make "nullsrc=size=64x48:rate=25,format=gbrp,geq=\
r='255*(lt(X,32)*lt(Y,24)+gte(X,32)*gte(Y,24))':\
g='255*gte(X,32)':b='255*gte(Y,24)'" -frames:v 3 -c:v libx264 -pix_fmt yuv420p -crf 10 \
  -movflags +faststart -fflags +bitexact -flags:v +bitexact quadrants.mp4

# 340 columns, the width at which many keep Kinetics: not a multiple of the scaler's blocks.
make "testsrc2=size=340x256:rate=10" -frames:v 3 -c:v libx264 -pix_fmt yuv420p -crf 30 \
  -fflags +bitexact -flags:v +bitexact width340.mkv

# MPEG-4 with B frames, its block times those of showing, which FFmpeg reads as those of decoding.
make "testsrc2=size=64x48:rate=25" -t 2 -c:v mpeg4 -bf 2 -g 12 -q:v 12 \
  -fflags +bitexact -flags:v +bitexact disordered_times.mp4
mkvmerge -q --deterministic 1 -o disordered_times.mkv disordered_times.mp4
rm disordered_times.mp4

# damaged_ahead.ts: H.264 in MPEG-TS with 61 bytes overwritten, which threads meet before one thread does.
# damaged_av1.mkv: AV1 in Matroska with a piece overwritten, found by trial.

# field_pictures.mp4 is written by hand, for there is no encoder: 12 flat frames of 32x32, each as two H.264 field
# pictures of I_PCM macroblocks, each field a sample of its own, as broadcasts and AVCHD cameras leave them.
