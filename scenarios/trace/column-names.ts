/** What the names of columns tell, word by word: `startTime`, `start_time`, `Start time`. */

export const wordsOf = (name: string) =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '')

const TIMES = new Set(
  (
    'timestamp timestamps time times ts t at date datetime when arrival arrivals arrived created ' +
    'received sent start started begin began scheduled'
  ).split(' '),
)
/** The end of a request is no arrival. */
const ENDS = new Set(
  'end ended finish finished complete completed completion done updated response first last expires'.split(
    ' ',
  ),
)
/** Names such as `response_time` and `queue_time_ms` are those of durations. */
const DURATIONS = new Set(
  (
    'latency duration elapsed took processing service wait waiting queue ttft tpot itl ttl timeout ' +
    'think interval gap took total delta zone e2e prompt token'
  ).split(' '),
)

export function namesTime(name: string): boolean {
  const words = wordsOf(name)
  return words.some((word) => TIMES.has(word)) && !namesOther(name)
}

/** Whether a name is that of another time than an arrival. */
export function namesOther(name: string): boolean {
  return wordsOf(name).some((word) => ENDS.has(word) || DURATIONS.has(word))
}

const WHOLE = new Set('latency duration elapsed took e2e'.split(' '))
/** Durations of a part of a request. */
const PARTS = new Set(
  'ttft tpot itl queue wait waiting first prefill decode connect think interval gap'.split(' '),
)

/** Whether a name is that of a duration, and of which; null if it is that of none. */
export function namedDuration(name: string): 'latency' | 'first_token' | null {
  const words = wordsOf(name)
  const has = (...wanted: readonly string[]) => wanted.every((word) => words.includes(word))
  if (has('ttft') || has('first', 'token')) return 'first_token'
  if (words.some((word) => PARTS.has(word))) return null
  const isWhole = words.some((word) => WHOLE.has(word))
  return isWhole || has('request', 'time') || has('response', 'time') ? 'latency' : null
}

const UNITS: Readonly<Record<string, 's' | 'ms' | 'us' | 'ns'>> = {
  s: 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  ms: 'ms',
  msec: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  us: 'us',
  usec: 'us',
  micros: 'us',
  microseconds: 'us',
  ns: 'ns',
  nanos: 'ns',
  nanoseconds: 'ns',
}

/** The unit that ends a name, as in `at_ms`; null if there is none. */
export function namedUnit(name: string): 's' | 'ms' | 'us' | 'ns' | null {
  return UNITS[wordsOf(name).at(-1) ?? ''] ?? null
}

const LENGTH = new Set('tokens token toks tok length len'.split(' '))
const INPUT = new Set('input inputs prompt prefill context request in'.split(' '))
const OUTPUT = new Set('output outputs completion generated response decode out'.split(' '))

/** Whether a name is that of a length, and of which; null if it is that of none. */
export function namedLength(name: string): 'input_tokens' | 'output_tokens' | null {
  const words = wordsOf(name)
  const has = (set: ReadonlySet<string>) => words.some((word) => set.has(word))
  // cached_tokens and total_tokens are neither
  if (!has(LENGTH)) return null
  if (has(OUTPUT)) return 'output_tokens'
  if (has(INPUT)) return 'input_tokens'
  return words.every((word) => LENGTH.has(word) || word === 'num' || word === 'n')
    ? 'input_tokens'
    : null
}
