import { spawnSync } from 'node:child_process'
import { type Figure, figure, millisecondsOf, ratios } from './figure.ts'
import { mm1OnKernel } from './kernel.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = 'tools/bench/peers.py'
const CUSTOMERS = 150_000
const ROUNDS = 5

interface Peer {
  readonly name: string
  /** M events/s */
  readonly rate: number
}

/** Runs one of the peers on M/M/1 at load .8; null if it is not installed. */
function runPeer(which: string): Peer | null {
  const child = spawnSync(PYTHON, [SCRIPT, which, String(CUSTOMERS)], { encoding: 'utf8' })
  return child.status === 0 ? (JSON.parse(child.stdout) as Peer) : null
}

/** M/M/1 in SimPy and in a bare loop over Python's heapq, each alternating with the kernel. */
export function* peerFigures(): Generator<Figure> {
  mm1OnKernel(CUSTOMERS)
  for (const which of ['simpy', 'heapq']) {
    const kernel: number[] = []
    const peer: number[] = []
    let name = ''
    for (let round = 0; round < ROUNDS; round++) {
      const ran = runPeer(which)
      if (ran === null) break
      name = ran.name
      peer.push(ran.rate)
      kernel.push((2 * CUSTOMERS) / 1000 / millisecondsOf(() => mm1OnKernel(CUSTOMERS)))
    }
    if (peer.length < ROUNDS) {
      console.error(`${PYTHON} cannot run ${which}: left out`)
      continue
    }
    yield figure(`${name}, M/M/1`, 'M events/s', peer)
    yield figure(`Kernel over ${name}, M/M/1`, '', ratios(kernel, peer))
  }
}
