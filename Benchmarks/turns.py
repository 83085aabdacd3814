"""What the benchmarks here share: processes that take turns, their Python, and how a result is told."""
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# Before each turn: other engines' threads go on spinning for a while when their work is done.
REST = 0.3


def python():
    """The interpreter that has the peers; makes a virtual environment for them when none is given."""
    if os.environ.get("PYTHON"):
        return os.environ["PYTHON"]
    environment = ROOT / ".venv"
    interpreter = environment / "bin" / "python"
    if not (environment / "complete").exists():
        print(f"making {environment} with {HERE / 'requirements.txt'} ...", flush=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
            subprocess.run([str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")],
                           check=True)
        except subprocess.CalledProcessError:
            raise SystemExit("the peers cannot be installed (see above): install python3-venv, or set PYTHON to an "
                             "interpreter that has torch, safetensors and openvino")
        (environment / "complete").touch()
    return str(interpreter)


class Process:
    """A worker that answers lines; it computes only while it is asked."""

    def __init__(self, name, command, request, environment):
        self.name, self.request = name, request
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=environment)
        self.version = self.answer().get("ready")
        self.peak = 0.0
        self.seconds = []

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"{self.name} ended without an answer (exit code {self.process.wait()}); see its message above")

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self.answer()
        self.peak = max(self.peak, answer["peakRSSMiB"])
        return answer

    def run(self):
        time.sleep(REST)
        seconds = self.ask("run")["seconds"]
        self.seconds.append(seconds)
        return seconds

    def end(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.stdin.close()
        self.process.wait()


def python_with(modules, advice):
    """`python()`, into which requirements.txt is installed again where modules are missing and it is ours."""
    interpreter = python()
    if not has(interpreter, modules) and not os.environ.get("PYTHON"):
        subprocess.run(
            [interpreter, "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")], check=False)
    if not has(interpreter, modules):
        raise SystemExit(f"{interpreter} cannot import {modules}: install {advice} there, or set PYTHON to an interpreter "
                         "that has them")
    return interpreter


def has(interpreter, modules):
    return subprocess.run([interpreter, "-c", f"import {modules}"], stderr=subprocess.DEVNULL).returncode == 0


def add_arguments(parser, rounds):
    """The options that every benchmark has."""
    parser.add_argument("--mclc", default=os.environ.get("MCLC", str(ROOT / ".build" / "release" / "mclc")))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")


def load_average():
    """The machine's load; warns where a time would not be worth keeping."""
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); trust no figure below", flush=True)
    return load


def save(command, path, environment=None):
    """Has mclc write what peers start from; ends with mclc's own message where it will not."""
    saved = subprocess.run([*command, "--save", str(path)], stderr=subprocess.PIPE, text=True, env=environment)
    if saved.returncode != 0:
        raise SystemExit(saved.stderr.strip() or f"{command[0]} ended with code {saved.returncode}")


def commit():
    said = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return said.stdout.strip()


def processor():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def tell(arguments, load, text, result):
    """Prints `text`, and writes it and `result` where that is wanted."""
    print("\n" + text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        facts = {"processor": processor(), "threads": arguments.threads, "rounds": arguments.rounds, "load": load,
                 "commit": commit()}
        arguments.json.write_text(json.dumps({**facts, **result}, indent=1))
