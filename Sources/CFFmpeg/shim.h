#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/motion_vector.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

// FFmpeg states these as macros that Swift cannot import.
static inline int mcl_averror_eof(void) { return AVERROR_EOF; }
static inline int mcl_averror_eagain(void) { return AVERROR(EAGAIN); }
static inline int mcl_averror_decoder_not_found(void) { return AVERROR_DECODER_NOT_FOUND; }
