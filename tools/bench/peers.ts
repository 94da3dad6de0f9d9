import { spawnSync } from 'node:child_process'
import {
  type Extent,
  type Figure,
  figure,
  millisecondsOf,
  ratios,
  roundsIn,
  sizeIn,
} from './figure.ts'
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
function runPeer(which: string, customers: number): Peer | null {
  const child = spawnSync(PYTHON, [SCRIPT, which, String(customers)], { encoding: 'utf8' })
  return child.status === 0 ? (JSON.parse(child.stdout) as Peer) : null
}

/** M/M/1 in SimPy and in a bare loop over Python's heapq, each alternating with the kernel. */
export function* peerFigures(extent: Extent): Generator<Figure> {
  const customers = sizeIn(extent, CUSTOMERS)
  const rounds = roundsIn(extent, ROUNDS)
  mm1OnKernel(customers)
  for (const which of ['simpy', 'heapq']) {
    const kernel: number[] = []
    const peer: number[] = []
    let name = ''
    for (let round = 0; round < rounds; round++) {
      const ran = runPeer(which, customers)
      if (ran === null) break
      name = ran.name
      peer.push(ran.rate)
      kernel.push((2 * customers) / 1000 / millisecondsOf(() => mm1OnKernel(customers)))
    }
    if (peer.length < rounds) {
      console.error(`${PYTHON} cannot run ${which}: left out`)
      continue
    }
    yield figure(`${name}, M/M/1`, 'M events/s', peer)
    yield figure(`Kernel over ${name}, M/M/1`, '', ratios(kernel, peer))
  }
}
