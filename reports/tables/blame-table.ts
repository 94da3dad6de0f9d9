import type { Blamed } from '../../sim/documents/index.ts'
import { sum } from '../../sim/kernel/index.ts'
import {
  count,
  figure,
  NONE,
  percent,
  percentileName,
  plural,
  ratioText,
  signedPercent,
  time,
} from '../format.ts'

/** Blame in words and table cells, for terminals, pages and charts. */

type Group = Blamed['groups'][number]
type Change = Blamed['changes'][number]
type Bottleneck = NonNullable<Blamed['bottleneck']>

const CAUSE_NAMES: Readonly<Record<keyof Blamed['causes'], string>> = {
  other_requests: 'other requests',
  batch_wait: 'batch wait',
  memory: 'memory',
  model_load: 'model load',
  lost_replicas: 'lost replicas',
  cold_start: 'cold start',
  engine_admission: 'engine admission',
  other_prompts: 'prompts of others',
  other_decodes: 'decoding of others',
}

const PART_NAMES: Readonly<Record<keyof Bottleneck['parts'], string>> = {
  send: 'send delay and link',
  ...CAUSE_NAMES,
  overhead: 'overhead',
  service: 'service',
}

const BOTTLENECKS: Readonly<Record<Bottleneck['name'], string>> = {
  link: 'the link',
  'send-delay': 'the send delay',
  queue: 'the queue for an executor',
  'batch-wait': 'the wait for a larger batch',
  memory: 'the wait for memory',
  'model-load': 'the wait for a model load',
  'lost-replicas': 'the loss of replicas',
  'cold-start': 'the start of replicas',
  'engine-admission': 'admission to the engine',
  'other-prompts': 'prefill of the prompts of other requests',
  'other-decodes': 'decoding of other requests',
  overhead: 'overhead around batches',
  compute: 'service, which is bound by compute',
  bandwidth: 'service, which is bound by memory bandwidth',
  launches: 'service, which is bound by kernel launches',
  service: 'service',
}
const rate = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

/** "checkout 97–112": a class, with its lengths where it has several. */
export function groupName({ class: name, from_tokens: from, to_tokens: to }: Group): string {
  return to <= 1 ? name : `${name} ${from === to ? count(to) : `${count(from)}–${count(to)}`}`
}

/** Which requests, what of the tail, and what would help: a sentence each. */
export function blameFindings(document: Blamed): string[] {
  return [
    blamedFinding(document),
    bottleneckFinding(document),
    ...firstTokensFinding(document),
    nextFinding(document),
  ]
}

/** A group that causes a tenth of the waiting is worth a name. */
const LEAST_SHARE = 0.1

/** Names the row of the table that exceeds its share of the requests by the most waiting. */
export function blamedFinding(document: Blamed): string {
  const { groups, causes } = document
  const requests = sum(groups.map((group) => group.requests))
  const caused = sum(groups.map(({ caused_ms }) => caused_ms))
  if (!(caused > 0)) return 'No request waited for another one'
  const shares = groupsAndClasses(document).map((group) => ({
    group,
    of: rate(group.requests, requests),
    caused: rate(group.caused_ms, caused),
  }))
  const large = shares.filter(({ of, caused }) => caused >= LEAST_SHARE && caused > of)
  const [most] = large.sort((a, b) => b.caused - b.of - (a.caused - a.of))
  if (most === undefined || groups.length === 1) {
    const { other_requests, other_prompts, other_decodes } = causes
    return `Requests waited ${time(other_requests + other_prompts + other_decodes)} for one another`
  }
  const { group, of } = most
  const times = of > 0 ? `: ${figure(most.caused / of)} times their share` : ''
  return `${percent(of)} of the requests (${groupName(group)}) cause ${percent(most.caused)} of the waiting for others${times}`
}

/** The groups, after those of a class that has several the whole class, where there are others. */
function groupsAndClasses({ groups }: Blamed): readonly Group[] {
  return groups.flatMap((group, i) => {
    if (groups[i + 1]?.class === group.class) return [group]
    const ofClass = groups.filter((other) => other.class === group.class)
    if (ofClass.length === 1 || ofClass.length === groups.length) return [group]
    const total = (of: (part: Group) => number) => sum(ofClass.map(of))
    const whole = {
      class: group.class,
      from_tokens: ofClass[0]!.from_tokens,
      to_tokens: group.to_tokens,
      requests: total(({ requests }) => requests),
      caused_ms: total(({ caused_ms }) => caused_ms),
      length_ms: total(({ length_ms }) => length_ms),
      // a request may have waited for several of its groups
      victims: Number.NaN,
      waited_ms: total(({ waited_ms }) => waited_ms),
    }
    return [group, whole]
  })
}

/** Of engines: what the first tokens wait for of the class that waits longest for others. */
function firstTokensFinding({ first_tokens: [worst] }: Blamed): string[] {
  if (worst === undefined) return []
  const { parts } = worst
  const whole = sum(Object.values(parts))
  const keys = ['other_requests', 'other_prompts', 'other_decodes'] as const
  const most = keys.reduce((a, b) => (parts[b] > parts[a] ? b : a))
  const at = `${percentileName(worst.percentile)} (${time(worst.ttft_ms)})`
  if (!(parts[most] > LEAST_SHARE * whole)) return []
  return [
    `First tokens of ${worst.class} from ${at} on: ${percent(rate(parts[most], whole))} of the time is for ${OTHERS[most]}`,
  ]
}

const OTHERS = {
  other_requests: 'a sequence slot that other requests have',
  other_prompts: 'prompts of other requests',
  other_decodes: 'the decoding of other requests',
} as const

function bottleneckFinding({ bottleneck }: Blamed): string {
  if (bottleneck === null) return 'No request was served, so there is no bottleneck'
  const { name, pool, bound, percentile, latency_ms, parts } = bottleneck
  const share = Math.max(...Object.values(parts)) / sum(Object.values(parts))
  const from = `${percentileName(percentile)} (${time(latency_ms)})`
  const batches = bound === null || name === bound ? '' : `; its batches are bound by ${bound}`
  return `The bottleneck from ${from} on is ${BOTTLENECKS[name]} in pool ${pool}: ${percent(share)} of the latency${batches}`
}

function nextFinding(document: Blamed): string {
  const { changes, next, bottleneck, objectives } = document
  if (objectives === 'pass') {
    return 'Every objective passes, so no change is called for and none was tried'
  }
  const tried = changes.filter(({ latency }) => latency !== null)
  const chosen = changes.find(({ name }) => name === next)
  if (chosen === undefined) return `No single change of the ${tried.length} that were tried helps`
  const { latency, goodput, ttft } = chosen
  const p = percentileName(bottleneck?.percentile ?? 0.99)
  const part = (name: string, ratio: Change['latency']) =>
    ratio?.value == null || ratio.difference === 'none found'
      ? []
      : [`${name} ${signedPercent(ratio.value - 1)}`]
  const parts = [
    ...part(p, latency),
    ...part(ttftName(document) ?? '', ttft),
    ...part('goodput', goodput),
  ]
  return `The next change: ${chosen.name} (${parts.join(', ')})`
}

/** "TTFT p95 of chat": what changes are compared by, of an engine. */
function ttftName({ first_tokens: [worst] }: Blamed): string | null {
  if (worst === undefined) return null
  return `TTFT ${percentileName(worst.percentile)} of ${worst.class}`
}

export function causeRows({ causes, waited_ms, requests }: Blamed): string[][] {
  const keys = Object.keys(CAUSE_NAMES) as (keyof Blamed['causes'])[]
  const rows = keys.flatMap((key) =>
    causes[key] > LEAST_PART * waited_ms
      ? [[CAUSE_NAMES[key], time(causes[key]), percent(rate(causes[key], waited_ms))]]
      : [],
  )
  if (rows.length === 0) return []
  const total = [`all, of ${plural(requests, 'request')}`, time(waited_ms), '100 %']
  return [['waiting for', 'time', 'share'], ...rows, total]
}

export function groupRows(document: Blamed): string[][] {
  const { groups } = document
  const requests = sum(groups.map((group) => group.requests))
  const caused = sum(groups.map(({ caused_ms }) => caused_ms))
  if (!(caused > 0)) return []
  return [
    ['class and length', 'requests', 'caused', 'share', 'by length', 'victims', 'waited'],
    ...groupsAndClasses(document).map((group) => [
      groupName(group),
      percent(rate(group.requests, requests)),
      time(group.caused_ms),
      percent(rate(group.caused_ms, caused)),
      time(group.length_ms),
      Number.isNaN(group.victims) ? NONE : count(group.victims),
      time(group.waited_ms),
    ]),
  ]
}

export function topRows({ top, runs, groups }: Blamed): string[][] {
  if (top.length === 0) return []
  const lengthy = groups.some(({ to_tokens }) => to_tokens > 1)
  const named = (request: number, name: string, tokens: number) =>
    `${request} (${name}${lengthy ? ` ${count(tokens)}` : ''})`
  return [
    ['request', ...(runs > 1 ? ['run'] : []), 'at', 'batch', 'ran', 'caused', 'victims', 'longest'],
    ...top.map((blamed) => [
      named(blamed.request, blamed.class, blamed.tokens),
      ...(runs > 1 ? [String(blamed.run)] : []),
      `${(blamed.dispatched_ms / 1000).toFixed(2)} s`,
      String(blamed.batch_size),
      time(blamed.runs_ms),
      time(blamed.caused_ms),
      count(blamed.victims),
      blamed.longest.map((victim) => `${victim.request}: ${time(victim.both_ms)}`).join(', '),
    ]),
  ]
}

/** Less is rounding of times. */
const LEAST_PART = 1e-5

export function partRows({ bottleneck }: Blamed): string[][] {
  if (bottleneck === null) return []
  const { parts, percentile, requests } = bottleneck
  const whole = sum(Object.values(parts))
  const keys = Object.keys(PART_NAMES) as (keyof Bottleneck['parts'])[]
  return [
    [`${plural(requests, 'request')} from ${percentileName(percentile)} on`, 'mean', 'share'],
    ...keys.flatMap((key) =>
      parts[key] > LEAST_PART * whole
        ? [[PART_NAMES[key], time(parts[key]), percent(parts[key] / whole)]]
        : [],
    ),
    ['latency', time(whole), '100 %'],
  ]
}

/** Classes side by side: what the time to their slowest first tokens consists of. */
export function firstTokenRows({ first_tokens: classes }: Blamed): string[][] {
  if (classes.length === 0) return []
  const keys = (Object.keys(PART_NAMES) as (keyof Bottleneck['parts'])[]).filter((key) =>
    classes.some(({ parts }) => parts[key] > LEAST_PART * sum(Object.values(parts))),
  )
  return [
    ['mean of the slowest first tokens', ...classes.map(({ class: name }) => name)],
    [
      'from',
      ...classes.map(({ percentile: p, ttft_ms }) => `${percentileName(p)} (${time(ttft_ms)})`),
    ],
    ...keys.map((key) => [
      key === 'service' ? 'own prefill' : PART_NAMES[key],
      ...classes.map(({ parts }) => time(parts[key])),
    ]),
    ['time to first token', ...classes.map(({ parts }) => time(sum(Object.values(parts))))],
  ]
}

export function changeRows(document: Blamed): string[][] {
  const { changes, bottleneck } = document
  const tried = changes.filter(({ refused }) => refused === null)
  if (tried.length === 0) return []
  const p = percentileName(bottleneck?.percentile ?? 0.99)
  const first = ttftName(document)
  return [
    ['change', p, ...(first === null ? [] : [first]), 'goodput', 'helps', 'as --set'],
    ...tried.map(({ name, latency, ttft, goodput, helps, set }) => [
      ...[name, ratioText(latency), ...(first === null ? [] : [ratioText(ttft)])],
      ratioText(goodput),
      ...[helps ? 'yes' : 'no', set.join(' ')],
    ]),
  ]
}

/** What the figures mean, what was not possible, and what rows do not show. */
export function blameNotes({ changes, replications, limits }: Blamed): string[] {
  const missing = changes.flatMap(({ latency, ttft, goodput }) => [latency, ttft, goodput])
  const reasons = new Set(missing.flatMap((ratio) => ratio?.reason ?? []))
  const over = plural(replications, 'replication')
  return [
    ...(changes.length === 0
      ? []
      : [
          `Ratios to the scenario as it is, paired over ${over} with the same requests. =: no difference found; all are tested together (Holm, 5 %).`,
        ]),
    ...[...reasons].map((reason) => `No ratio: ${reason}.`),
    ...changes.flatMap(({ name, refused }) =>
      refused === null ? [] : [`Not possible: ${name}: ${shortened(refused)}`],
    ),
    ...limits.map((text) => `Limit: ${text}.`),
  ]
}

/** The start of a refusal, which may list all that a profile has. */
function shortened(text: string): string {
  const line = text.replaceAll('\n', ' ')
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`
}

const LONGEST = 160

/** "payment-peak: rows of 1 replication, 40 s". */
export function blameSubject({ scenario, world, runs }: Blamed): string {
  const kind = world === 'measured' ? 'replay' : 'replication'
  return `${scenario.name}: rows of ${plural(runs, kind)}`
}
