import { type AddressInfo, createServer } from 'node:net'
import { Child } from '../../runtime/process/child.ts'
import { OipClient } from '../../runtime/targets/oip-client.ts'
import { TargetProblem } from '../../runtime/targets/target-problem.ts'
import { Failure } from '../../scenarios/index.ts'
import { type BaseName, INPUT, SIZE, TENSOR } from './base-answer.ts'
import type { CallEnd } from './hostile-answer.ts'
import type { HostileServerRequest } from './hostile-server-process.ts'
import { hostileAnswer } from './mutations.ts'

/** Calls of the client of replays to a server that answers wrongly, slowly or without an end. */

/** For a whole answer. */
const TIMEOUT_MS = 1000
/** How much later a call may end on a busy machine: one that hangs never ends. */
const SLACK_MS = 10_000
/** Calls at once of each client. */
const CONNECTIONS = 6
/** One in so many calls opens a model. */
const OPENED_ONE_IN = 10
const SAMPLE_MS = 20
/** Bytes of all answers in memory, and one that is put together of its parts. */
const MOST_GROWTH_MIB = 1536

export interface HostileFinding {
  readonly number: number
  readonly mutation: string
  readonly fault: string
}

/** `unopened`: a model that was refused. */
type HostileEnd = CallEnd | 'unopened'

export interface HostileServers {
  readonly calls: number
  /** calls by how they ended */
  readonly ends: ReadonlyMap<HostileEnd, number>
  readonly mutations: ReadonlySet<string>
  /** the longest time beyond the time-out, ms */
  readonly latestMs: number
  readonly growthMib: number
  readonly findings: readonly HostileFinding[]
}

/** A port of this machine that counts connections. */
async function openDecoy() {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => connections,
    close: () => server.close(),
  }
}

/** How a call ended; null where no error of a kind has said so. */
function endOf(ended: unknown, opens: boolean): HostileEnd | null {
  if (ended instanceof TargetProblem) return ended.kind
  if (opens && ended instanceof Failure) return 'unopened'
  return ended === 'right' ? 'right' : null
}

const PROTOCOLS = ['json', 'binary'] as const satisfies readonly BaseName[]

/** Calls `first` to `first` + `count` - 1 of a seed. */
export async function fuzzServers({
  seed,
  first = 0,
  count,
  onFinding = () => {},
}: {
  readonly seed: number
  readonly first?: number
  readonly count: number
  readonly onFinding?: (finding: HostileFinding) => void
}): Promise<HostileServers> {
  const decoy = await openDecoy()
  const entry = new URL('./hostile-server-process.ts', import.meta.url)
  const child = new Child(entry, { name: 'the hostile server' })
  const request: HostileServerRequest = { seed, decoy: decoy.address }
  const clients: OipClient[] = []
  const findings: HostileFinding[] = []
  const found = (finding: HostileFinding) => {
    findings.push(finding)
    onFinding(finding)
  }
  const ends = new Map<HostileEnd, number>()
  const mutations = new Set<string>()
  const again: number[] = []
  let latestMs = Number.NEGATIVE_INFINITY
  const before = process.memoryUsage().rss
  let most = before
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, SAMPLE_MS)
  // what no call of the client is waiting for must not end a replay
  const onError = (error: Error) =>
    found({ number: -1, mutation: 'any', fault: `outside of a call: ${error.stack}` })
  process.on('uncaughtException', onError).on('unhandledRejection', onError)
  try {
    const port = await child.ask<number>(request)
    const open = (path: string) => {
      const url = `http://127.0.0.1:${port}${path}`
      const target = { url, model: 'm', version: null, timeoutMs: TIMEOUT_MS, headers: {} }
      return OipClient.open(target, [INPUT], CONNECTIONS)
    }
    for (const protocol of PROTOCOLS) clients.push(await open(`/-/${protocol}`))

    const call = async (number: number): Promise<HostileEnd> => {
      if (number % OPENED_ONE_IN === 0) {
        const client = await open(`/${number}/${PROTOCOLS[number % 2]}`)
        await client.close()
        return 'right'
      }
      const client = clients[number % 2]!
      const batch = client.encode([TENSOR])
      const headers = { ...batch.headers, 'x-number': `${number}` }
      await client.send({ ...batch, headers }, SIZE)
      return 'right'
    }

    const judged = async (number: number, alone: boolean): Promise<void> => {
      const opens = number % OPENED_ONE_IN === 0
      const base = opens ? 'metadata' : PROTOCOLS[number % 2]!
      // what may end a call depends on no id
      const drawn = hostileAnswer({ seed, number, base, id: '0', decoy: decoy.address })
      const { name: mutation } = drawn
      const began = performance.now()
      const ended = await call(number).catch((error: unknown) => error)
      const lateMs = performance.now() - began - TIMEOUT_MS
      const end = endOf(ended, opens)
      const expected = drawn.ends.map((end) => (end === 'right' || !opens ? end : 'unopened'))
      const isLate = end === 'time-out' || (end === 'unopened' && lateMs > 0)
      if (!alone && isLate && !drawn.ends.includes('time-out')) {
        // others may have kept this process or the server busy
        again.push(number)
        return
      }
      mutations.add(`${base}: ${mutation}`)
      latestMs = Math.max(latestMs, lateMs)
      if (end === null) {
        found({ number, mutation, fault: `not counted: ${(ended as Error).stack}` })
        return
      }
      ends.set(end, (ends.get(end) ?? 0) + 1)
      if (lateMs > SLACK_MS) found({ number, mutation, fault: `late by ${lateMs.toFixed(0)} ms` })
      if (expected.includes(end)) return
      const text = ended instanceof Error ? ` (${ended.message})` : ''
      found({ number, mutation, fault: `${expected.join(' or ')} expected, got ${end}${text}` })
    }

    let next = first
    const work = async () => {
      while (next < first + count) await judged(next++, false)
    }
    await Promise.all(Array.from({ length: 2 * CONNECTIONS }, work))
    for (const number of again) await judged(number, true)
    if (!child.alive) {
      found({ number: -1, mutation: 'any', fault: 'the hostile server has ended itself' })
    }
    if (decoy.taken() > 0) {
      found({
        number: -1,
        mutation: 'any',
        fault: `${decoy.taken()} connections to another server`,
      })
    }
  } finally {
    clearInterval(sampler)
    process.off('uncaughtException', onError).off('unhandledRejection', onError)
    await Promise.all(clients.map((client) => client.close()))
    child.end()
    decoy.close()
  }
  const growthMib = (most - before) / 2 ** 20
  if (growthMib > MOST_GROWTH_MIB) {
    found({ number: -1, mutation: 'any', fault: `memory grew by ${growthMib.toFixed(0)} MiB` })
  }
  return { calls: count, ends, mutations, latestMs, growthMib, findings }
}
