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

// Where a stream's side data are has changed: in its parameters since libavformat 60.15, in the stream before.
#define MCL_SIDE_DATA_IN_PARAMETERS (LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100))

// The nine numbers of a stream's display matrix, or null.
static inline const int32_t *mcl_display_matrix(const AVStream *stream) {
#if MCL_SIDE_DATA_IN_PARAMETERS
  const AVPacketSideData *data = av_packet_side_data_get(
      stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 36 ? (const int32_t *)data->data : 0;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 36 ? (const int32_t *)data : 0;
#endif
}

// Room for a stream's display matrix, nine numbers, or null.
static inline int32_t *mcl_new_display_matrix(AVStream *stream) {
#if MCL_SIDE_DATA_IN_PARAMETERS
  AVPacketSideData *data = av_packet_side_data_new(
      &stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX, 36, 0);
  return data ? (int32_t *)data->data : 0;
#else
  return (int32_t *)av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 36);
#endif
}
