import { count, declared, figure, percent, signedPercent } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/intervals/percentile.ts'
import type { AcceleratorsFigures } from './figures/accelerators.ts'
import type { ArticlesFigures } from './figures/articles.ts'
import type { BenchFigures } from './figures/bench.ts'
import type { FidelityFigures } from './figures/fidelity.ts'
import type { GateStudyFigures } from './figures/gate-study.ts'
import type { GenerationFidelityFigures } from './figures/generation-fidelity.ts'
import type { FiguresOf, StudyName } from './figures/index.ts'
import type { ResamplingFigures } from './figures/resampling.ts'
import { isInside, rateError, type ScrapeFigures } from './figures/scrape.ts'
import { coverageSummary, type UncertaintyFigures } from './figures/uncertainty.ts'

/**
 * What README and docs claim, each claim as a sentence made of the figures of a record. A sentence
 * gives the median and the worst, of how many, and the noise floor where there is one.
 */
export interface Claim<Figures> {
  readonly question: string
  readonly answer: (figures: Figures) => string
  /** whether it is a row of the table in README; all are rows of docs/background/claims.md */
  readonly inReadme: boolean
  /** guides beside the page of the study, by what README calls them */
  readonly guides?: Readonly<Record<string, string>>
}

type Claims = { readonly [Name in StudyName]: readonly Claim<FiguresOf<Name>>[] }

/** A claim that README leaves out. */
const aside = <Figures>(question: string, answer: Claim<Figures>['answer']) =>
  [{ question, answer, inReadme: false }] as const

/** In the order of the table. */
export const CLAIMS: Claims = {
  fidelity: [
    {
      question: 'Does it queue and batch as a real server does?',
      answer: structure,
      inReadme: true,
    },
    {
      question: 'Does it predict a replay that it has not seen?',
      answer: prediction,
      inReadme: true,
    },
    { question: 'Does it predict a change?', answer: changes, inReadme: true },
    {
      question: 'Would the checks notice a wrong simulator?',
      answer: ({ mutants: { found, of, accused, checks } }) =>
        `${found} of ${of} deliberately wrong ones are found; the true one is taken for wrong in ${accused} of ${checks} checks`,
      inReadme: true,
    },
  ],
  'generation-fidelity': aside('Does it schedule as an engine that generates?', generated),
  validation: [
    {
      question: 'Does it agree with theory?',
      answer: ({ closedForms: { figures, agree, errors, floor }, coverage }) => {
        const { name, covered, warned } = coverage.worst
        const warning = warned > 0 ? `, where ${percent(warned)} of the results warn` : ''
        return (
          `${agree} of ${figures} figures of closed forms, to 2 % and 4 standard errors: ${percent(errors.median)} off in the median, ` +
          `${percent(Math.abs(errors.worst))} at worst (half an interval: ${percent(floor)}). ` +
          `95 % intervals hold the true value 93 to 97 % of the time in ${coverage.honest} of ${coverage.cases} cases; ` +
          `at worst ${percent(covered)} of the time (${name})${warning}`
        )
      },
      inReadme: true,
    },
  ],
  articles: [{ question: 'With published measurements?', answer: articles, inReadme: true }],
  accelerators: [
    {
      question: 'With published accelerators?',
      answer: accelerators,
      inReadme: true,
      guides: {
        cards: 'docs/guides/accelerators.md',
        precision: 'docs/guides/precision.md',
        energy: 'docs/guides/energy.md',
      },
    },
  ],
  'plan-study': [
    {
      question: 'Does a plan find the cheapest?',
      answer: ({ plans, good, simulations, exhaustive, confident, wrong, seconds, ...space }) =>
        `${good} of ${plans} plans, with ${percent(simulations.median / exhaustive)} of the simulations of an exhaustive search in the median ` +
        `and ${percent(simulations.most / exhaustive)} at most; ${wrong} of ${count(confident)} verdicts are wrong. ` +
        `A search of ${space.configurations} configurations of 20,000 requests takes ${figure(seconds.median)} s in the median, ` +
        `${figure(seconds.most)} s at most, without headroom and sensitivity`,
      inReadme: true,
    },
  ],
  'uncertain-plans': aside(
    'Does a plan of inputs that are not known hold what it promises?',
    ({ plans, truths, held, cheaper, ignoring, extraCost }) =>
      `${held.plans} of ${plans} chosen configurations hold in 93 % of ${truths} truths or more, ${percent(held.least)} at least; a cheaper one holds in 95 % in ${cheaper.plans}. ` +
      `The winner at the stated inputs holds in ${percent(ignoring.median)} in the median and ${percent(ignoring.least)} at least; the chosen one costs ${percent(extraCost.median)} more in the median`,
  ),
  uncertainty: aside('Do intervals of inputs that are not known hold the truth?', covered),
  scrape: aside('Does Prometheus alone give a scenario of a server?', scraped),
  'gate-study': [
    { question: 'How often is a measured gate wrong?', answer: gates, inReadme: true },
  ],
  bench: [{ question: 'How fast is it?', answer: speed, inReadme: true }],
  resampling: aside('Are predictions from rehearsals unbiased, on a machine of known truth?', bias),
  vllm: aside('Is another limit of sequences of vLLM predicted?', ({ laws }) =>
    laws
      .map(({ law, bars }) => {
        const parts = bars.map(({ name, bar, figures, within, worst, worstAt }) => {
          const counted = `${within} of ${figures} within ${declared(100 * bar)} %`
          return `${name} ${counted}, worst ${signedPercent(worst)} (${worstAt})`
        })
        return `${law}: ${parts.join('; ')}`
      })
      .join('. '),
  ),
  fleet: aside('Does a forecast of traffic beat a reaction?', ({ studies }) =>
    studies
      .map(({ traffic, startS, byForecast, against }) => {
        const others = against.map(({ policy, value, low, high }) => {
          const [from, to] = [low, high].map((end) => signedPercent(end))
          return `${signedPercent(value)} [${from}, ${to}] against ${policy}`
        })
        return `${traffic}, starts of ${startS} s, ${percent(byForecast)} of the decisions by forecast: replica-hours ${others.join(', ')}`
      })
      .join('. '),
  ),
  digests: aside('Which results does the library have?', ({ node, results }) => {
    const hashes = Object.values(results).filter((hash) => hash !== null)
    return `the SHA-256 of ${hashes.length} results, with Node ${node}`
  }),
  'fuzz-inputs': aside(
    'Does damaged input break a command?',
    ({ inputs, seed, findings }) =>
      `${count(inputs)} mutated inputs (seed ${seed}): ${findings} with a crash, a hang, too much memory or a wrong exit code`,
  ),
  'fuzz-kills': aside(
    'Does an interrupted command leave a half-written folder or a process?',
    ({ kills, seed, findings }) =>
      `${count(kills)} interruptions at random moments (seed ${seed}): ${findings} that left one, or had a wrong exit code`,
  ),
  'fuzz-sweeps': aside(
    'Does a killed sweep lose rows?',
    ({ kills, seed, completed, findings }) =>
      `${count(kills)} kills with SIGKILL in ${completed} sweeps (seed ${seed}): ${findings} rows lost or doubled, or files with other bytes`,
  ),
  'fuzz-audited': aside(
    'Does a mutated scenario that runs give a result that its own audit refuses?',
    ({ tried, audited, seed, findings }) =>
      `${count(tried)} mutated scenarios (seed ${seed}), of which ${count(audited)} ran and were audited: ${findings} with a broken rule, a lost request or a share above 100 %`,
  ),
  'fuzz-baselines': aside(
    'Can a forged baseline change the verdict of a gate?',
    ({ tried, seed, findings }) =>
      `${count(tried)} baselines (seed ${seed}): ${findings} with a verdict that is not that of the figures`,
  ),
  'fuzz-refs': aside(
    'Is the name of a git version executed, or taken for an option?',
    ({ tried, seed, findings }) =>
      `${count(tried)} hostile names (seed ${seed}): ${findings} that were, or were compared with another commit`,
  ),
  'fuzz-sql': aside(
    'Does SQL of a query reach another file, or the network?',
    ({ tried, seed, findings }) =>
      `${count(tried)} hostile statements (seed ${seed}): ${findings} that looked for one, changed one or made a connection`,
  ),
  'fuzz-queue': aside(
    'Can a writer to the queue of a sweep end a worker, read its files or bring false rows?',
    ({ tried, answers, seed, findings }) =>
      `${count(tried)} hostile jobs and ${count(answers)} false answers (seed ${seed}): ${findings} that did`,
  ),
  'fuzz-queue-kills': aside(
    'Does a sweep lose rows where its worker is killed and its jobs are poisoned?',
    ({ tried, configurations, poisoned, rows, named, seed, findings }) =>
      `${count(tried)} kills in a sweep of ${count(configurations)} configurations, ${poisoned} of them poisoned (seed ${seed}): ${count(rows)} rows and ${named} configurations named as failed; ${findings} rows lost, doubled or false`,
  ),
  'hostile-servers': aside(
    'Can a hostile server hang, crash or fill the client of a replay, or send it elsewhere?',
    ({ tried, mutations, ends, latest_ms, growth_mib, seed, findings }) => {
      const counts = Object.entries(ends).map(([end, often]) => `${often} ${end}`)
      return `${count(tried)} calls with ${mutations} mutations of answers (seed ${seed}) ended with ${counts.join(', ')}; ${latest_ms} ms after the time-out at the latest, with ${growth_mib} MiB more of memory; ${findings} that hung, ended wrongly or went elsewhere`
    },
  ),
}

const larger = (a: number, b: number) => (Math.abs(b) > Math.abs(a) ? b : a)

function scraped({ seconds, cases }: ScrapeFigures): string {
  const parts = cases.map((each) => {
    const times = each.percentiles.map((of) => {
      const [predicted, low, high] = [of.predicted, of.low, of.high].map((ms) => figure(ms))
      const where = isInside(of) ? 'inside' : 'outside'
      return `${percentileLabel(of.p)} ${figure(of.measured)} ms measured, ${predicted} [${low}, ${high}] imported: ${where}`
    })
    return `${each.name}: ${count(each.requests)} requests, rate ${signedPercent(rateError(each))}, ${times.join(', ')}`
  })
  return `\`serve\` scraped for ${seconds} s. ${parts.join('. ')}`
}

function generated(figures: GenerationFidelityFigures): string {
  const { requests, tokens, structure, prediction, changes, mutants } = figures
  const part = ({ within, errors }: GenerationFidelityFigures['structure'], bar: string) =>
    errors === null
      ? 'too few requests for any percentile'
      : `${within} of ${errors.rows} within ${bar}, ${signedPercent(errors.worst)} at worst (${errors.worstAt})`
  return (
    `Times to the first token, of each further one and of whole answers of ${count(requests)} requests with ${count(tokens)} tokens. ` +
    `Simulated with the speed that each replay met: ${part(structure, '2 %')}. ` +
    `Predicted from rehearsals: ${part(prediction, '5 % (first tokens: 10 %) or the difference of two replays')}. ` +
    `Effects of changes: ${part(changes, '10 % or that difference')}; ${changes.verdicts.pass} shown to be right, ${changes.verdicts.undecided} undecided, ${changes.verdicts.fail} wrong. ` +
    `${mutants.found} of ${mutants.of} deliberately wrong simulators are found`
  )
}

function structure({ structure: { verdicts, errors, floor } }: FidelityFigures): string {
  const { pass, undecided, fail } = verdicts
  return (
    `${errors.rows} cases, each a percentile of a scenario: ${pass} within max(1 %, 30 µs), ${undecided} undecided, ${fail} outside. ` +
    `The worst replay of a case is off by ${percent(errors.median)} in the median, ${signedPercent(errors.worst)} at worst; ` +
    `two replays of the same requests differ by ${percent(floor)} (median scenario, at its noisiest percentile)`
  )
}

function prediction({ prediction: { levels, close, cases, inside, of } }: FidelityFigures): string {
  const at = [0.5, 0.99].map((p) => {
    const { errors, floor } = levels.find((level) => level.p === p)!
    return (
      `At ${percentileLabel(p)} off by ${percent(errors.median)} in the median, ${percent(errors.worst)} at the worst of ${errors.rows} loads, ` +
      `where two replays differ by ${percent(floor)}`
    )
  })
  const share = inside / of
  const narrow = share < 0.95 ? ', fewer than 95 %' : ''
  return (
    `${at.join('. ')}. No further off than two replays in ${close} of ${cases} cases. ` +
    `${inside} of ${of} percentiles of replays lie inside the 95 % band: ${percent(share)}${narrow}`
  )
}

function changes({ changes: { verdicts, levels } }: FidelityFigures): string {
  const { pass, undecided, fail } = verdicts
  const at = levels.map(({ p, errors, floor }) => {
    const worst = `${signedPercent(errors.worst)} at worst (${errors.worstAt})`
    return `At ${percentileLabel(p)} off by ${percent(errors.median)} in the median, ${worst}, where two replays differ by ${percent(floor)}`
  })
  const all = pass + undecided + fail
  return `${all} what-ifs on a shared machine: ${pass} shown to be right, ${undecided} undecided, ${fail} wrong. ${at.join('. ')}`
}

function covered(figures: UncertaintyFigures): string {
  const { machines, planners, ...of } = coverageSummary(figures)
  const range = ({ least, most }: { readonly least: number; readonly most: number }) =>
    `${percent(least)} to ${percent(most)}`
  const answered =
    of.promised === null
      ? ''
      : `. The headroom that is answered passes on ${percent(of.promised)} of the days at least`
  return (
    `${machines} machines of known truth, ${planners} planners each: the wider interval holds p50, p95, p99, headroom and cost in ${range(of.wider)} of the cases, ` +
    `not surely outside 93 to 97 % for ${of.nominal} of ${of.figures} figures; the interval of draws in ${range(of.draws)}. ` +
    `Where planners leave out a source, some figure is held in ${percent(of.without)} at most${answered}`
  )
}

function articles({ resnet50, tft }: ArticlesFigures): string {
  const quantities = ({ quantities }: (typeof resnet50)[number]) =>
    quantities
      .map(({ name, errors: { median, worst }, met }) => {
        const missed = met ? '' : ' (beyond the bar)'
        return `${name} ${percent(median)}, ${signedPercent(worst)}${missed}`
      })
      .join('; ')
  const gpus = resnet50.map((gpu) => `On ${shortName(gpu.name)}: ${quantities(gpu)}`)
  const [some] = resnet50[0]!.quantities
  const [rows] = tft.best.quantities
  return (
    `Error in the median, and at worst. ResNet50 on Triton, ${some!.errors.rows} rows that are not fitted. ${gpus.join('. ')}. ` +
    `TFT on Triton, ${rows!.errors.rows} rows, by the best of ${tft.approaches} models: ${quantities(tft.best)}`
  )
}

/** "NVIDIA DGX A100 (1x A100 80GB)" is an A100. */
const shortName = (gpu: string) => gpu.replace(/ \(.*\)/, '').replace(/^.* /, '')

function accelerators({ bert, llama, mlperf, vllm }: AcceleratorsFigures): string {
  const llamas = Object.values(llama)
  const median = Math.max(...llamas.map((errors) => errors.median))
  const worst = llamas.map((errors) => errors.worst).reduce(larger)
  const far = vllm.reduce((a, b) => (Math.abs(b.worst) > Math.abs(a.worst) ? b : a))
  const runs = vllm.map(({ endToEnd }) => percent(endToEnd)).join(' and ')
  const { own, triton, bar } = mlperf
  return (
    'Half of the rows predict the other half. ' +
    `BERT-base on T4 and A100, ${bert.series} series: medians up to ${percent(bert.median)}, worst row ${signedPercent(bert.worst)}, ${bert.missed} series beyond its bars. ` +
    `Llama-3.1 on H100, ${Object.keys(llama).join(', ')}: medians up to ${percent(median)}, worst row ${signedPercent(worst)}. ` +
    `Two vLLM runs: ${runs} end to end, worst of all figures ${signedPercent(far.worst)} (${far.worstAt}). ` +
    `MLPerf, server rates from offline rates: ${own.withinBar} of ${own.rows} within ${whole(bar)}, worst ${signedPercent(own.worst)}; ` +
    `with Triton ${triton.withinBar} of ${triton.rows}, worst ${signedPercent(triton.worst)}. Cards without measurements are marked uncalibrated`
  )
}

const whole = (share: number) => `${declared(100 * share)} %`

/** The margin that README states: half of the slowdown that gates must find. */
const MARGIN = 0.025
const WIDER = 0.05

function gates({ aa, slower, busy, minutes, longRun }: GateStudyFigures): string {
  const at = (kind: typeof aa, margin: number) =>
    kind.resampled.find((row) => row.margin === margin)!
  const [same, wider, slow] = [at(aa, MARGIN), at(aa, WIDER), at(slower, MARGIN)]
  const { pass, undecided, fail } = aa.live
  const slowed = slower.live.fail + slower.live.pass + slower.live.undecided
  const tail = longRun.find(({ p }) => p === 0.95)
  const held =
    tail === undefined
      ? ''
      : `. The derived p95 holds that of a long run in ${tail.held} of ${tail.of} gates`
  return (
    `Live: of ${pass + undecided + fail} A/A gates ${alarms(fail)}, ${pass} pass and ${undecided} undecided; ${slower.live.fail} of ${slowed} slowdowns of 5 % found; ` +
    `${figure(minutes.median)} minutes a gate, ${figure(minutes.most)} at most. ` +
    `Resampled from their ${aa.blocks} and ${slower.blocks} blocks, at a margin of ${whole(MARGIN)}: of ${count(same.gates)} A/A gates ${alarms(same.fail * same.gates)}, ` +
    `${percent(same.undecided)} undecided (${percent(wider.undecided)} at ${whole(WIDER)}); ${failedText(slow)} slowdowns found${held}${besideLoop(busy)}`
  )
}

/** The same beside a loop that keeps one core busy. */
function besideLoop(busy: GateStudyFigures['busy']): string {
  if (busy === undefined) return ''
  const { pass, undecided, fail } = busy.aa.live
  const { live } = busy.slower
  const slowed = live.fail + live.pass + live.undecided
  return (
    `. Beside a busy loop: of ${pass + undecided + fail} A/A gates ${alarms(fail)}, ${pass} pass and ${undecided} undecided; ` +
    `${live.fail} of ${slowed} slowdowns found, ${live.undecided} undecided`
  )
}

const alarms = (number: number) =>
  number === 0 ? 'no false alarm' : `${count(number)} false alarm${number === 1 ? '' : 's'}`
const failedText = ({ fail, gates }: { readonly fail: number; readonly gates: number }) =>
  `${count(fail * gates)} of ${count(gates)}`

/** The figures of the benchmark that README names; all of them are in the record. */
const SPEEDS = [
  ['Dynamic batching, 1 replica', 'of dynamic batching on one core'],
  ['Continuous batching, 512 tokens in and 512 out', 'of 512 + 512 generated tokens'],
] as const
const SWEEP = 'Sweep, speed of two processes over that of one'

function speed({ figures }: BenchFigures): string {
  const of = (name: string) => figures.find((entry) => entry.name === name)
  const rates = SPEEDS.flatMap(([name, text]) => {
    const rate = of(name)
    return rate === undefined ? [] : [`${figure(rate.value)} ${rate.unit} ${text}`]
  })
  const sweep = of(SWEEP)
  const bars = figures.flatMap(({ bar }) => bar ?? [])
  return [
    ...rates,
    ...(sweep === undefined
      ? []
      : [`a sweep ${figure(sweep.value, 0.005)} times as fast on two cores`]),
    ...(bars.length === 0
      ? []
      : [`${bars.filter(({ met }) => met).length} of ${bars.length} bars met`]),
  ].join('; ')
}

function bias({ runs, levels }: ResamplingFigures): string {
  const each = levels.map(({ p, median, worst, worstAt, floor }) => {
    const name = percentileLabel(p)
    return `${name} ${percent(median)} off in the median, ${signedPercent(worst)} at worst (${worstAt}), half an interval ${percent(floor)}`
  })
  return `${levels[0]!.cases} cases of ${count(runs)} runs: ${each.join('; ')}`
}
