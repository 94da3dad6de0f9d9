import { EventHeap, Random, stream } from '../../sim/kernel/index.ts'
import {
  type Extent,
  type Figure,
  figure,
  interleaved,
  ratios,
  roundsIn,
  sizeIn,
} from './figure.ts'

const DEPARTURE = 0
const ARRIVAL = 1
const MEAN_GAP = 1.25
const CUSTOMERS = 1_500_000
const HELD = 1_500_000
const ROUNDS = 7

/** M/M/1 at load .8 on the kernel's heap. Returns the time integral of the number in the system. */
export function mm1OnKernel(customers: number): number {
  const heap = new EventHeap()
  const random = stream(1, 0, 'bench')
  let present = 0
  let arrived = 0
  let last = 0
  let integral = 0
  heap.push(random.exponential() * MEAN_GAP, ARRIVAL, 0)
  while (heap.pop()) {
    const now = heap.time
    integral += present * (now - last)
    last = now
    if (heap.kind === ARRIVAL) {
      if (++arrived < customers) heap.push(now + random.exponential() * MEAN_GAP, ARRIVAL, 0)
      if (present++ === 0) heap.push(now + random.exponential(), DEPARTURE, 0)
    } else if (--present > 0) {
      heap.push(now + random.exponential(), DEPARTURE, 0)
    }
  }
  return integral
}

function mm1Bare(customers: number): number {
  const heap = bareHeap(16)
  const random = stream(1, 0, 'bench')
  let present = 0
  let arrived = 0
  let last = 0
  let integral = 0
  barePush(heap, random.exponential() * MEAN_GAP, ARRIVAL)
  while (heap.size > 0) {
    const now = heap.times[0]!
    const kind = heap.kinds[0]!
    barePop(heap)
    integral += present * (now - last)
    last = now
    if (kind === ARRIVAL) {
      if (++arrived < customers) barePush(heap, now + random.exponential() * MEAN_GAP, ARRIVAL)
      if (present++ === 0) barePush(heap, now + random.exponential(), DEPARTURE)
    } else if (--present > 0) {
      barePush(heap, now + random.exponential(), DEPARTURE)
    }
  }
  return integral
}

/**
 * Hold model (Vaucher and Duval 1975): each removed event is inserted again after a random time.
 */
function holdOnKernel(pending: number, events: number): number {
  const heap = new EventHeap(pending)
  const random = new Random('hold')
  for (let i = 0; i < pending; i++) heap.push(random.exponential(), ARRIVAL, 0)
  for (let i = 0; i < events; i++) {
    heap.pop()
    heap.push(heap.time + random.exponential(), heap.kind, heap.slot)
  }
  return heap.time
}

function holdBare(pending: number, events: number): number {
  const heap = bareHeap(pending)
  const random = new Random('hold')
  for (let i = 0; i < pending; i++) barePush(heap, random.exponential(), ARRIVAL)
  let now = 0
  for (let i = 0; i < events; i++) {
    now = heap.times[0]!
    const kind = heap.kinds[0]!
    barePop(heap)
    barePush(heap, now + random.exponential(), kind)
  }
  return now
}

/** Events/s of the kernel's heap and of the bare heap, which must end in the same state. */
export function* kernelFigures(extent: Extent): Generator<Figure> {
  const [customers, held] = [CUSTOMERS, HELD].map((size) => sizeIn(extent, size)) as [
    number,
    number,
  ]
  const rounds = roundsIn(extent, ROUNDS)
  yield* compared({ name: 'M/M/1', events: 2 * customers, rounds, bar: { atLeast: 15 } }, [
    () => mm1OnKernel(customers),
    () => mm1Bare(customers),
  ])
  for (const pending of [1e3, 1e5]) {
    const name = `hold, ${pending.toLocaleString('en-US')} pending`
    yield* compared({ name, events: held, rounds }, [
      () => holdOnKernel(pending, held),
      () => holdBare(pending, held),
    ])
  }
}

function* compared(
  of: {
    readonly name: string
    readonly events: number
    readonly rounds: number
    readonly bar?: Figure['bar']
  },
  runs: readonly [() => number, () => number],
): Generator<Figure> {
  const { name, events, rounds, bar } = of
  const ends: [number, number] = [Number.NaN, Number.NaN]
  const [kernel, bare] = interleaved(
    events,
    rounds,
    runs.map((run, i) => () => {
      ends[i] = run()
    }),
  )
  if (ends[0] !== ends[1]) throw new Error(`Expected equal runs of ${name}, got ${ends}`)
  yield figure(`Kernel, ${name}`, 'M events/s', kernel!, bar)
  yield figure(`Bare heap, ${name}`, 'M events/s', bare!)
  yield figure(`Kernel over bare heap, ${name}`, '', ratios(kernel!, bare!), { atLeast: 0.7 })
}

/** Pending events of the bare heap; it never grows, so it must be large enough. */
interface BareHeap {
  readonly times: Float64Array
  readonly kinds: Int32Array
  size: number
}

function bareHeap(capacity: number): BareHeap {
  return { times: new Float64Array(capacity), kinds: new Int32Array(capacity), size: 0 }
}

/**
 * The minimal work of a binary heap of events on typed arrays: time and kind only, without order
 * among equal times, sequence numbers or growth. The yardstick of the kernel's heap.
 */
function barePush(heap: BareHeap, time: number, kind: number): void {
  const { times, kinds } = heap
  let hole = heap.size++
  while (hole > 0) {
    const parent = (hole - 1) >> 1
    if (times[parent]! <= time) break
    times[hole] = times[parent]!
    kinds[hole] = kinds[parent]!
    hole = parent
  }
  times[hole] = time
  kinds[hole] = kind
}

/** Removes the earliest event, which the caller has read at index 0. */
function barePop(heap: BareHeap): void {
  const { times, kinds } = heap
  const size = --heap.size
  if (size === 0) return
  const time = times[size]!
  const kind = kinds[size]!
  let hole = 0
  for (;;) {
    let child = 2 * hole + 1
    if (child >= size) break
    if (child + 1 < size && times[child + 1]! < times[child]!) child++
    if (time <= times[child]!) break
    times[hole] = times[child]!
    kinds[hole] = kinds[child]!
    hole = child
  }
  times[hole] = time
  kinds[hole] = kind
}
