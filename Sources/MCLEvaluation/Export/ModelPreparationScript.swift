/// The part of `model.py` that makes clips of frames. It does what `ViewReader`, `EvaluationViews`, `ViewScale` and
/// `BilinearResize` do, by the numbers of `preprocessing.json`; a test compares the features.
enum ModelPreparationScript {
  static let text = #"""

    class Preprocessing:
        '''From decoded frames to clips, as preprocessing.json says.'''

        def __init__(self, path=FOLDER / "preprocessing.json"):
            values = json.loads(pathlib.Path(path).read_text())
            if values["version"] != 1:
                raise ValueError(f"{path} has version {values['version']}; this file knows version 1")
            self.values = values

        def frame_numbers(self, count, clip=0, clips=1):
            '''Frames of clip number `clip` of `clips`, spread evenly over a video of `count` frames; all from 0.'''
            length, step = self.values["clip"]["frames"], self.values["clip"]["step"]
            span = length * step
            repeats = max((count + span - 1) // count, 1)
            whole = count * repeats
            share = whole // clips
            if clips == 1:
                start = (whole - span) // 2
            else:
                start = clip * share if share >= span else clip * (whole - span) // (clips - 1)
            numbers = [min(start + place * step, whole - 1) // repeats for place in range(length)]
            return [numbers[length // 2]] * length if self.values["single_frame"] else numbers

        def cut(self, height, width, place):
            '''The size that frames get first, or None, and the crop: top, left, height, width.'''
            clip, scale = self.values["clip"], self.values["resize"]
            size = None
            if scale == "fit":
                factor = min(width / clip["width"], height / clip["height"]) * self.values["crop_share"]
                crop = [min(max(round(clip[side] * factor), 1), limit) for side, limit in (("height", height), ("width", width))]
            else:
                crop = [clip["height"], clip["width"]]
                if scale != "none":
                    side = int(scale)
                    size = (side * height // width, side) if width < height else (side, side * width // height)
                    height, width = size
            rest = (height - crop[0], width - crop[1])
            if min(rest) < 0:
                raise ValueError(f"frames of {width}x{height} pixels are smaller than the clip")
            corner = {"centre": (rest[0] // 2, rest[1] // 2), "top left": (0, 0), "bottom right": rest}[place]
            return size, (*corner, *crop)

        def clip(self, frames, clip=0, clips=1, place="centre"):
            '''One clip, f32 [3, T, H, W], of a video's frames, uint8 [D, H, W, 3].'''
            frames = frames[self.frame_numbers(len(frames), clip, clips)]
            height, width = frames.shape[1:3]
            limit = self.values["short_side_at_most"]
            if limit is not None and min(height, width) > limit:
                # mclc scales while it decodes: levels differ by about one from these.
                height, width = (limit * height // width, limit) if width < height else (limit, limit * width // height)
                frames = resized(frames, height, width)
            size, (top, left, crop_height, crop_width) = self.cut(height, width, place)
            if size is not None:
                frames = resized(frames, *size)
            frames = frames[:, top : top + crop_height, left : left + crop_width]
            frames = resized(frames, self.values["clip"]["height"], self.values["clip"]["width"])
            mean, deviation = (torch.tensor(self.values[key]) for key in ("mean", "standard_deviation"))
            return ((frames.to(torch.float32) / 255 - mean) / deviation).permute(3, 0, 1, 2).contiguous()

        def views(self, frames, clips=1, crops=1):
            '''All views of a video, f32 [3, T, H, W] each: clips that are spread evenly, 1 crop or 3 of each.'''
            places = ["centre"] if crops == 1 else ["centre", "top left", "bottom right"]
            for number in range(clips):
                for place in places:
                    yield self.clip(frames, number, clips, place)


    def taps(source, target):
        '''Weights of an antialiased bilinear resize, [target, source], whole numbers of 2^-22.'''
        scale = source / target
        reach = max(scale, 1.0)
        weights = torch.zeros(target, source, dtype=torch.float64)
        for place in range(target):
            centre = (place + 0.5) * scale
            low, high = max(0, int(centre - reach + 0.5)), min(source, int(centre + reach + 0.5))
            triangle = [max(0.0, 1 - abs((position - centre + 0.5) * (1 / reach))) for position in range(low, high)]
            total = 0.0
            for value in triangle:
                total += value
            for tap, value in enumerate(triangle):
                weights[place, low + tap] = int(value / total * 2**22 + 0.5)
        return weights


    def resized(frames, height, width):
        '''uint8 [T, H, W, 3] at another size: along rows, then along columns, rounded to 8 bits after each.

        Sums of whole numbers below 2^53 are exact in float64, so that no order of adding changes a level.
        '''
        columns, rows = taps(frames.shape[2], width), taps(frames.shape[1], height)
        levels = torch.einsum("thwc,xw->thxc", frames.to(torch.float64), columns)
        levels = torch.floor((levels + 2**21) / 2**22)
        levels = torch.einsum("thxc,yh->tyxc", levels, rows)
        return torch.floor((levels + 2**21) / 2**22).to(torch.uint8)


    @torch.no_grad()
    def video_features(network, frames, clips=20, crops=1, preprocessing=None):
        '''f32 [clips x crops, D]: what the network gives for each view of a video's frames, uint8 [D, H, W, 3].'''
        frames = torch.as_tensor(frames)
        if frames.dtype != torch.uint8 or frames.dim() != 4 or frames.shape[3] != 3 or len(frames) == 0:
            raise ValueError("give the frames as uint8 [D, H, W, 3], RGB")
        views = list((preprocessing or Preprocessing()).views(frames, clips, crops))
        count = CLIPS or 1
        rows = []
        for start in range(0, len(views), count):
            part = torch.stack(views[start : start + count])
            missing = count - len(part)
            padded = torch.cat([part, part.new_zeros(missing, *part.shape[1:])]) if missing else part
            rows.append(network(padded)[: len(part)])
        return torch.cat(rows)


    def read_video(path):
        '''A video's frames, uint8 [D, H, W, 3], by PyAV (pip install av numpy).

        Other versions of FFmpeg enlarge colours otherwise than mclc, by a level on average and more at edges. Pictures come as
        they are coded: turn those that were filmed upright, and make pixels square.
        '''
        import av

        with av.open(str(path)) as container:
            return torch.stack([torch.from_numpy(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)])
    """#
}
