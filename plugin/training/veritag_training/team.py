"""Processes that train one model together, each on its share of every batch.

On a CPU two processes of one thread each learn faster than one of two threads: threads wait for each other after
every layer, processes once a step.
"""

import os
import socket
import subprocess
import sys

import torch
import torch.distributed as dist


def spread(processes):
    """Runs this very command in so many processes, unless it is one of them; gives whether all went well, or None."""
    if processes == 1 or "RANK" in os.environ:
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        meet = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": str(processes)}
    command = [sys.executable, "-m", __package__, *sys.argv[1:]]
    started = [subprocess.Popen(command, env=os.environ | meet | {"RANK": str(rank)}) for rank in range(processes)]
    return not any([each.wait() for each in started])


def join():
    """Meets the others, if there are any."""
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
    if not leads():
        sys.stdout = open(os.devnull, "w")


def size():
    return dist.get_world_size() if dist.is_initialized() else 1


def rank():
    return dist.get_rank() if dist.is_initialized() else 0


def leads():
    """Whether this process is the one that saves and reports."""
    return rank() == 0


def start_alike(tensors):
    """Gives everybody the values of the first."""
    if size() > 1:
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def meet():
    """Waits until everybody is here, and what the first has saved can be read."""
    if size() > 1:
        dist.barrier()


def agree(parameters, stop):
    """Makes the gradients the mean of everybody's; gives whether anybody wants to `stop`."""
    if size() == 1:
        return stop
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([*(g.flatten() for g in gradients), torch.tensor([float(stop)])])
    dist.all_reduce(flat)
    for gradient, mean in zip(gradients, flat[:-1].split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient) / size())
    return bool(flat[-1] > 0)
