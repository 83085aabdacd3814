"""Hashes (PixelHash) of the decoded frames of clips and of their truncated copies, by PyAV and its own FFmpeg.

python3 make_frame_hashes.py FOLDER > frame-hashes.txt; a line has the name, the bytes kept, and a hash a frame.
"""
import os, sys, tempfile
import av
import numpy as np

FACTOR, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


def step(h, word):
    product = ((h ^ word) * FACTOR) & MASK
    return (product << 29 | product >> 35) & MASK


def frame_hash(frame):
    lanes = [0xCBF29CE484222325, 0x84222325CBF29CE4, 0x00000100000001B3, 0xD6E8FEB86659FD93]
    assert frame.format.name == "yuv420p"
    for number in (frame.width, frame.height, 0):
        lanes[0] = step(lanes[0], number)
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for row in rows:
            data = row.tobytes()
            blocks = len(data) // 32
            words = np.frombuffer(data, "<u8", blocks * 4).reshape(-1, 4).tolist()
            a, b, c, d = lanes
            for w in words:
                a, b, c, d = step(a, w[0]), step(b, w[1]), step(c, w[2]), step(d, w[3])
            place = blocks * 32
            while place + 8 <= len(data):
                a = step(a, int.from_bytes(data[place : place + 8], "little"))
                place += 8
            for byte in data[place:]:
                b = step(b, byte)
            lanes = [a, b, c, d]
    value = 0
    for lane in lanes:
        value = step(value, lane)
    return value


def hashes(path):
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.thread_count = 1
        stream.codec_context.flags |= 1  # unaligned: the width that the stream states
        result = []
        for packet in container.demux(stream):
            try:
                result += [frame_hash(f) for f in packet.decode()]
            except av.error.FFmpegError:
                pass
        return result


folder = sys.argv[1]
for name in sorted(os.listdir(folder)):
    if name.endswith(".md"):
        continue
    size = os.path.getsize(os.path.join(folder, name))
    for tenths in (10, 3, 7):
        if name.endswith("mp4") and tenths < 10:
            continue  # the table of its frames stands at the end
        length = size * tenths // 10
        with tempfile.NamedTemporaryFile(suffix=name) as part:
            part.write(open(os.path.join(folder, name), "rb").read()[:length])
            part.flush()
            found = hashes(part.name)
        print(name, length, " ".join("%016x" % h for h in found), flush=True)
