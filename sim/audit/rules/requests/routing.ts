import { type RoutingChoice, settingsOf, topologyOf } from '../../../serving/index.ts'
import type { Arrival, Evidence } from '../../evidence/evidence.ts'
import { eachArrival, Loads } from '../../evidence/loads.ts'
import { Openings } from '../../evidence/openings.ts'
import { REFUSED_BY } from '../../evidence/raw-rows.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { type PromisedWay, promisedWays, roundTripMs } from '../../promises/promised-networks.ts'
import { type Candidates, type Choice, expectedChoice, routerName } from './routing-choices.ts'
import { PICKER_BLOCKS, SentPrompts } from './sent-prompts.ts'

export const routing: Rule = {
  rule: 'routing',
  promise: 'requests go where their policy sends them; predictions and old metrics are not checked',
  on: 'sends and deliveries',
  settings: ['threshold'],
  check(evidence, findings) {
    const { promises, queues, requests } = evidence
    // a single queue leaves no choice
    if (queues.length === 1) return
    const loads = new Loads(evidence)
    const among = topologyOf(promises).classPools.map((numbers): Candidates => {
      const executors = numbers.map((pool) => promises.pools[pool]!.replicas)
      const shared = { noun: 'pool', numbers, places: numbers, executors, router: 0 } as const
      return { ...shared, taken: new Set(), ...loads.pools }
    })
    const rounds = roundsAmong(among, evidence)
    const openings = new Openings(evidence)
    const within = promises.pools.map((_, index): Candidates => {
      const candidates = queues.filter(({ poolIndex }) => poolIndex === index)
      const executors = candidates.map((queue) => queue.executors)
      const numbers = candidates.map(({ number }) => number)
      const places = [...numbers.keys()]
      const shared = { noun: 'queue', numbers, places, executors, router: 1 + index } as const
      return { ...shared, taken: new Set(), ...loads.queues }
    })
    const turns = promises.pools.map(() => 0)
    const lastPools = new Map<string, { readonly turn: number; readonly pool: number }>()
    const lastQueues: (number | null)[] = promises.pools.map(() => -1)
    const placesOf = new PlacesOfCopies(evidence)
    const hasCopies =
      promises.classes.some(({ hedge }) => hedge !== undefined) ||
      promises.pools.some((pool) => pool.retries !== undefined)
    const hasParts = promises.classes.some(({ fanOut }) => fanOut > 1)
    // rows do not show when requests moved to a decode pool
    const loadsKnown =
      promises.pools.every(({ generation }) => !generation?.handOver) &&
      // a request counts while it is on its way, even if it is refused then
      (evidence.delivered === null || queues.every(({ shed }) => shed.length === 0))
    const waysOfClasses = promisedWays(promises)
    const ways = (key: number) => waysOfClasses?.[evidence.rows.class[key]!]
    const prompts = new SentPrompts(evidence)
    const sentPrompts = prompts.available ? prompts : null
    /** A candidate of a router is sent a prompt that the router remembers. */
    const remember = (of: Candidates, chosen: number, choice: RoutingChoice, key: number) => {
      const settings = settingsOf(choice)
      if (!('lruBlocks' in settings) || of.numbers.length === 1) return
      const { lruBlocks } = settings
      const most = settings.policy === 'endpoint-picker' ? PICKER_BLOCKS : Number.POSITIVE_INFINITY
      sentPrompts?.add(routerName(of), chosen, key, { lruBlocks, most })
    }
    const visit = ({ key, queue, sent }: Arrival) => {
      if (isUnavailable(evidence, key, sent)) return
      const knows = !openings.changesAt(sent)
      const pool = queue.poolIndex
      const { sending, part } = evidence.expected
      const isCopy = evidence.rows.copyOf[key]! >= 0
      // networks deliver copies and parts in any order
      const anyOrder = evidence.keys !== null && (hasCopies || hasParts)
      const apart = isCopy || anyOrder
      const candidates = apart ? placesOf.candidates(within[pool]!, key) : within[pool]!
      if (hasCopies || anyOrder) placesOf.came(key)
      const isFirst = !(part[key]! > 0) && !isCopy
      if (isFirst && !apart) candidates.taken.clear()
      // where networks carry requests, their pool is chosen before they are delivered
      if (isFirst && evidence.keys === null) {
        // every request advances the round-robin of its class's pools, even if its row is lost
        const number = sending[key] ?? key
        const of = among[requests.class[number]!]
        if (of?.numbers.includes(pool) && knows) {
          const now = withoutCut(openings.ofPools(of, sent), ways(key), sent)
          if (now.taken.size === now.numbers.length) return
          const routed: Routed = {
            of: now,
            chosen: pool,
            turn: rounds[number]!,
            last: lastBefore(rounds[number]!, lastPools.get(routerOf(of, evidence, number))),
            routing: promises.routing,
            loadsKnown,
            sentPrompts,
            closing: openings.closing,
            distance: (candidate) => roundTripMs(ways(key)?.[candidate]),
          }
          check(evidence, key, routed, findings)
        }
        if (of?.numbers.includes(pool)) {
          remember(of, pool, promises.routing, key)
          lastPools.set(routerOf(of, evidence, number), { turn: rounds[number]!, pool })
        }
      }
      // the replica is chosen as a request is delivered; it has none where all are ejected
      if (evidence.delivered !== null || isRefused(evidence, key)) return
      const turn = turns[pool]!
      turns[pool] = turn + 1
      const beside = isBesideAnother(evidence, key)
      const last = beside ? null : lastQueues[pool]!
      lastQueues[pool] = beside ? null : queue.number
      if (knows && !(beside && hasCopies)) {
        const open = openings.ofQueues(candidates, sent)
        // a copy goes where another one is if there is no other place
        const all = open.taken.size < open.numbers.length
        const of = all ? open : openings.ofQueues({ ...candidates, taken: new Set() }, sent)
        const routed: Routed = {
          of,
          chosen: queue.number,
          turn,
          last,
          routing: queue.pool.routing,
          loadsKnown: loadsKnown && !beside,
          sentPrompts,
          // credits of candidates that have another copy stay with the others
          closing: openings.closing || hasCopies,
        }
        check(evidence, key, routed, findings)
      }
      remember(candidates, queue.number, queue.pool.routing, key)
      candidates.taken.add(queue.number)
    }
    eachArrival(evidence, visit, loads)
  },
}

/** The queues to which copies of a request were routed, and its parts. */
class PlacesOfCopies {
  readonly #evidence: Evidence
  readonly #places = new Map<number, Set<number>>()
  /** by number of the send: of parts that are no further copies */
  readonly #parts = new Map<number, Set<number>>()

  constructor(evidence: Evidence) {
    this.#evidence = evidence
  }

  /** Candidates for a copy or a part beside others. */
  candidates(of: Candidates, key: number): Candidates {
    const { rows } = this.#evidence
    const copies = this.#places.get(this.#firstOf(key)) ?? []
    const isCopy = rows.copyOf[key]! >= 0
    const parts = isCopy ? [] : (this.#parts.get(rows.sendId[key]!) ?? [])
    return { ...of, taken: new Set([...copies, ...parts]) }
  }

  came(key: number): void {
    const { rows, classOf, promises } = this.#evidence
    const { hedge, fanOut } = classOf(key)
    if (fanOut > 1 && !(rows.copyOf[key]! >= 0)) this.#add(this.#parts, rows.sendId[key]!, key)
    const avoids = promises.pools[rows.pool[key]!]?.retries?.avoidsPrevious === true
    if (hedge !== undefined || avoids) this.#add(this.#places, this.#firstOf(key), key)
  }

  #add(to: Map<number, Set<number>>, id: number, key: number): void {
    const places = to.get(id) ?? new Set<number>()
    places.add(this.#evidence.rows.queue[key]!)
    to.set(id, places)
  }

  #firstOf(key: number): number {
    const first = this.#evidence.rows.copyOf[key]!
    return first >= 0 ? first : key
  }
}

/** Whether a network delivers it at the instant of another one, in an order that rows hide. */
function isBesideAnother({ keys, rows }: Evidence, key: number): boolean {
  if (keys === null) return false
  const { sent, routed = sent } = rows
  const isCarried = (row: number) => sent[row] === sent[key] && routed[row] !== sent[row]
  return isCarried(key) && (isCarried(key - 1) || isCarried(key + 1))
}

/** Whether no replica of its pool took it. */
const isRefused = ({ rows }: Evidence, key: number) => rows.refusal[key] === REFUSED_BY.unavailable

/** Whether it was routed to no pool, as all queues were closed; ejections close none. */
function isUnavailable(evidence: Evidence, key: number, sent: number): boolean {
  const pool = evidence.queues[evidence.rows.queue[key]!]?.poolIndex
  return (
    isRefused(evidence, key) &&
    evidence.queues.every(
      ({ poolIndex, absences }) =>
        poolIndex !== pool || absences.closed.some(({ from, to }) => from <= sent && sent <= to),
    )
  )
}

/** Pools that are cut off at a time are passed over, unless all that are open are. */
function withoutCut(
  of: Candidates,
  ways: readonly PromisedWay[] | undefined,
  at: number,
): Candidates {
  if (ways === undefined) return of
  const cut = of.numbers.filter((pool) =>
    ways[pool]?.out?.channel.outages.some(({ from, to }) => from <= at && at < to),
  )
  const taken = new Set([...of.taken, ...cut])
  return cut.length === 0 || taken.size === of.numbers.length ? of : { ...of, taken }
}

/** Number of earlier requests with the same candidate pools, for each request. */
function roundsAmong(among: readonly Candidates[], evidence: Evidence): number[] {
  const { rows, expected, requests } = evidence
  const refused = new Set<number>()
  for (const key of rows.refusal.keys()) {
    const isFirst = rows.copyOf[key]! < 0
    if (isFirst && isUnavailable(evidence, key, rows.sent[key]!))
      refused.add(expected.sending[key] ?? key)
  }
  const names = among.map((of, i) => nameOf(of, evidence, i))
  const came = new Map<string, number>()
  return Array.from(requests.class, (classIndex, number) => {
    const name = names[classIndex] ?? ''
    const turn = came.get(name) ?? 0
    if (!refused.has(number)) came.set(name, turn + 1)
    return turn
  })
}

/** Classes of the same pools and place share a router among them. */
const nameOf = ({ numbers }: Candidates, { promises }: Evidence, classIndex: number) =>
  `${numbers} ${promises.network?.places[classIndex] ?? ''}`

const routerOf = (of: Candidates, evidence: Evidence, number: number) =>
  nameOf(of, evidence, evidence.requests.class[number]!)

/** The candidate of the request before; null where its row is missing. */
function lastBefore(
  turn: number,
  last: { readonly turn: number; readonly pool: number } | undefined,
): number | null {
  if (turn === 0) return -1
  return last?.turn === turn - 1 ? last.pool : null
}

interface Routed
  extends Pick<
    Choice,
    'of' | 'chosen' | 'turn' | 'last' | 'loadsKnown' | 'sentPrompts' | 'closing' | 'distance'
  > {
  readonly routing: RoutingChoice
}

function check(evidence: Evidence, key: number, routed: Routed, findings: Findings): void {
  const { rows } = evidence
  const { of, chosen } = routed
  if (of.numbers.length === 1) return
  const routing = settingsOf(routed.routing)
  const tokens = rows.inputTokens[key]!
  const session = routing.policy === 'session-affinity' ? sessionOf(evidence, key) : null
  const { turn, last, loadsKnown, sentPrompts, closing, distance } = routed
  const expected = expectedChoice({
    of,
    chosen,
    turn,
    last,
    routing,
    loadsKnown,
    sentPrompts,
    closing,
    distance,
    key: evidence.keys?.[key] ?? key,
    row: key,
    tokens,
    session,
  })
  if (expected === null) return
  findings.check(expected === chosen, [key], () => {
    const at = `routed to ${of.noun} ${chosen} at ${ms(rows.sent[key]!)}`
    if (routing.policy !== 'least-loaded') return `${at}; expected ${of.noun} ${expected}`
    const had = `which had at least ${of.least[chosen]} requests`
    return `${at}, ${had}; expected ${of.noun} ${expected}, which had at most ${of.most[expected]}`
  })
}

const TOKENS_OF_A_BLOCK = 512

/** Of the prompt's blocks the first that the class does not share; without a prompt, the send. */
function sessionOf(evidence: Evidence, key: number): Choice['session'] {
  const { rows, requests, expected, classOf } = evidence
  if (requests.prefixes === undefined) return null
  const classIndex = rows.class[key]!
  const prefix = requests.prefixes[expected.sending[key] ?? key]
  if (!prefix || prefix.length === 0) return { block: -1 - rows.sendId[key]!, classIndex }
  const common = Math.floor(classOf(key).sharedPrefixTokens / TOKENS_OF_A_BLOCK)
  return { block: prefix[Math.min(common, prefix.length - 1)]!, classIndex }
}
