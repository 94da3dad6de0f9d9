"""M/M/1 at load .8 by SimPy or by a bare heapq loop: peers.py simpy|heapq CUSTOMERS.

Prints {"name", "rate"}: what ran, with its version, and M events/s (arrivals and departures).
"""

import heapq
import json
import platform
import random
import sys
import time

MEAN_GAP = 1.25
draw = random.Random(1).expovariate


def bare(customers):
    events = [(draw(1) * MEAN_GAP, 1)]
    present = arrived = 0
    while events:
        now, kind = heapq.heappop(events)
        if kind:
            arrived += 1
            if arrived < customers:
                heapq.heappush(events, (now + draw(1) * MEAN_GAP, 1))
            present += 1
            if present == 1:
                heapq.heappush(events, (now + draw(1), 0))
        else:
            present -= 1
            if present:
                heapq.heappush(events, (now + draw(1), 0))


def simpy_4(simpy, customers):
    env = simpy.Environment()
    server = simpy.Resource(env, 1)

    def customer():
        with server.request() as turn:
            yield turn
            yield env.timeout(draw(1))

    def arrivals():
        for _ in range(customers):
            yield env.timeout(draw(1) * MEAN_GAP)
            env.process(customer())

    env.process(arrivals())
    env.run()


def simpy_2(customers):
    from SimPy.Simulation import Process, Resource, activate, hold, initialize, release, request, simulate

    server = Resource(1)

    class Customer(Process):
        def serve(self):
            yield request, self, server
            yield hold, self, draw(1)
            yield release, self, server

    class Arrivals(Process):
        def run(self):
            for _ in range(customers):
                yield hold, self, draw(1) * MEAN_GAP
                customer = Customer()
                activate(customer, customer.serve())

    initialize()
    arrivals = Arrivals()
    activate(arrivals, arrivals.run())
    simulate(until=1e15)


def peer(which):
    if which == "heapq":
        return f"Python {platform.python_version()} heapq", bare
    try:
        import simpy

        return f"SimPy {simpy.__version__}", lambda customers: simpy_4(simpy, customers)
    except ImportError:
        import SimPy

        return f"SimPy {SimPy.__version__}", simpy_2


name, run = peer(sys.argv[1])
count = int(sys.argv[2])
start = time.perf_counter()
run(count)
print(json.dumps({"name": name, "rate": 2 * count / 1e6 / (time.perf_counter() - start)}))
