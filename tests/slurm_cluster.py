"""A SLURM cluster of this one machine: a controller and a node daemon that a test starts and stops."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from workflow_project import Project

PROFILE = ["--profile", "workflow/profiles/slurm", "--latency-wait", "10"]
DAEMONS = ("munged", "slurmctld", "slurmd")
# Processors, memory and GPUs are as many as the profile may ask for, not as many as there are.
SLURM_CONF = """\
ClusterName=foretell
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs=64 RealMemory=1000000 Gres=gpu:4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
MUNGE = [
    ("key-file", "munge.key"),
    ("socket", "munge.socket"),
    ("pid-file", "munge.pid"),
    ("log-file", "munge.log"),
    ("seed-file", "munge.seed"),
]
GRES_CONF = "Name=gpu File=/dev/tty[1-4]\n"
# The step that a job starts looks for the configuration in /etc, since its environment is cleaned of SLURM's variables.
SRUN = '#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {srun} "$@"\n'


def why_unavailable():
    """Why SLURM cannot run here; None if it can."""
    missing = [name for name in (*DAEMONS, "sbatch", "srun", "setpriv") if _path(name) is None]
    if missing:
        return f"no SLURM here, {', '.join(missing)} missing: apt install slurm-wlm munge"
    if os.geteuid() != 0:
        return "SLURM's node daemon needs root"
    if not all(Path(f"/dev/tty{number}").exists() for number in range(1, 5)):
        return "no /dev/tty1 to 4 to stand for GPUs"
    return None


class Cluster:
    """Starts with `start`, ends with `stop`, whatever jobs it still runs.

    Attributes:
        environment: variables in which SLURM's commands reach it.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._daemons = []
        bin_folder = self.folder / "bin"
        self.environment = {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        }

    def start(self):
        """Start the daemons; returns when the node takes jobs.

        Raises:
            RuntimeError: it does not within half a minute, with what the daemons say.
        """
        folder, host = self.folder, socket.gethostname()
        for name in ("state", "spool", "bin"):
            (folder / name).mkdir(parents=True)
        controller_port, node_port = _free_ports(2)
        names = {"folder": folder, "host": host, "user": getpass.getuser()}
        ports = {"controller_port": controller_port, "node_port": node_port}
        (folder / "slurm.conf").write_text(SLURM_CONF.format(**names, **ports))
        (folder / "gres.conf").write_text(GRES_CONF)
        srun = folder / "bin" / "srun"
        srun.write_text(SRUN.format(folder=folder, srun=_path("srun")))
        srun.chmod(0o755)
        key = folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(1024))
        conf = ("-f", folder / "slurm.conf")
        try:
            self._serve("munged", "--foreground", "--force", *(f"--{option}={folder}/{file}" for option, file in MUNGE))
            self._wait_for((folder / "munge.socket").exists, "munge")
            self._serve("slurmctld", "-D", *conf)
            self._serve("slurmd", "-D", *conf, "-N", host)
            self._wait_for(lambda: self._answer("sinfo", "--noheader", "--format=%T") == "idle", "the node")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Cancel all jobs and end the daemons."""
        try:
            if len(self._daemons) == len(DAEMONS):
                self._answer("scancel", "--user", getpass.getuser())
                running = ("squeue", "--noheader", "--states=running,completing")
                self._wait_for(lambda: not self._answer(*running), "the jobs' end")
        finally:
            for daemon in reversed(self._daemons):
                daemon.terminate()
                try:
                    daemon.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()

    def run(self, *command):
        """Output of one of SLURM's commands."""
        return self._run(*command).strip()

    def states(self, *arguments):
        """States of jobs, for instance of those of one name, the oldest first."""
        return self.run("squeue", "--states=all", "--noheader", "--format=%T", "--sort=i", *arguments).split()

    def _run(self, *command, check=True):
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, env=environment, check=check, text=True, capture_output=True).stdout

    def _answer(self, *command):
        """Output of a command, empty where the controller does not answer."""
        return self._run(*command, check=False).strip()

    def _serve(self, name, *arguments):
        """Start a daemon that ends with this process, however that ends."""
        with open(self.folder / f"{name}.output", "w") as output:
            self._daemons.append(
                subprocess.Popen(
                    ["setpriv", "--pdeathsig", "TERM", _path(name), *map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )

    def _wait_for(self, condition, what):
        for _ in range(300):
            if condition():
                return
            time.sleep(0.1)
        logs = "\n".join(path.read_text()[-2000:] for path in self.folder.glob("*.log"))
        raise RuntimeError(f"{what} did not come in half a minute:\n{logs}")


class ClusterProject(Project):
    """A copy of the project whose jobs run on the cluster."""

    def __init__(self, folder, cluster):
        super().__init__(folder)
        self.cluster = cluster

    @property
    def environment(self):
        environment = super().environment
        path = f"{environment['PATH'].split(os.pathsep)[0]}{os.pathsep}{self.cluster.environment['PATH']}"
        return {**environment, **self.cluster.environment, "PATH": path}

    @property
    def python(self):
        return sys.executable

    def on_cluster(self, *arguments, wait=4):
        """Run snakemake with the profile, asking every few seconds how jobs are."""
        return self.snakemake(*PROFILE, "--slurm-init-seconds-before-status-checks", str(wait), *arguments)


def _path(program):
    return shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/sbin")


def _free_ports(number):
    with_ports = [socket.socket() for _ in range(number)]
    for each in with_ports:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in with_ports]
    for each in with_ports:
        each.close()
    return ports
