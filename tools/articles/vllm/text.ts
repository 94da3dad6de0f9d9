import {
  type HeldOutChart,
  heldOutTimes,
} from '../../../reports/charts/accelerator/held-out-times.ts'
import { LIGHT } from '../../../reports/charts/theme.ts'
import { count, fixed, signedPercent } from '../../../reports/format.ts'
import { tenths, whole } from '../../claims/figures/parts.ts'
import type { VllmFigures } from '../../claims/figures/vllm.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { MadeArticle } from '../../study.ts'
import { MAX_IN_FLIGHT } from './engine.ts'
import { MARGIN } from './equivalence.ts'
import { OUTPUT_TOKENS, type Stage, tpotOf } from './load-test.ts'
import type { Range } from './open-questions.ts'
import type { Candidate } from './posterior.ts'
import {
  BARS,
  type Bar,
  FIGURES,
  isSaturated,
  type Judged,
  judgedBy,
  METRICS,
  type Predicted,
} from './predictions.ts'
import { CHANGED, FITTED, isFitted, type LawStudy, type VllmStudy } from './study.ts'

/** Of the engine that was not fitted. */
const changedOf = ({ predicted }: LawStudy) =>
  predicted.filter(({ stage }) => stage.maxSequences === CHANGED)

const within = ({ bar }: Bar, judged: readonly Judged[]) =>
  judged.filter(({ error }) => Math.abs(error) <= bar)

const placeOf = ({ name, stage }: Judged) => `${name}, stage ${stage.number}`

function figuresOf({ linear, roofline, longPrompts }: VllmStudy): VllmFigures {
  return {
    laws: [linear, roofline].map((law) => ({
      law: law.fit.family.name,
      values: [...law.fit.best.values],
      bars: BARS.map((bar) => {
        const judged = judgedBy(bar, changedOf(law))
        return {
          name: bar.name,
          bar: bar.bar,
          figures: judged.length,
          within: within(bar, judged).length,
          same: judged.filter(({ equivalence }) => equivalence === 'same').length,
          worst: judged[0]!.error,
          worstAt: placeOf(judged[0]!),
        }
      }),
    })),
    longPrompts,
  }
}

const missesOf = (law: LawStudy): string[] =>
  BARS.flatMap((bar) => {
    const judged = judgedBy(bar, changedOf(law))
    const met = within(bar, judged).length
    const worst = `${signedPercent(judged[0]!.error)} (${placeOf(judged[0]!)})`
    return met === judged.length
      ? []
      : [`${bar.name}: ${met} of ${judged.length} within ${whole(bar.bar)}, worst ${worst}`]
  })

/** The page, its chart and its figures. */
export function madeOf(study: VllmStudy): MadeArticle<'vllm'> {
  const images = [[IMAGE, heldOutTimes(chartOf(study))]] as const
  return {
    page: pageText(study),
    sections: [{ text: '', images, missed: missesOf(study.linear) }],
    figures: figuresOf(study),
  }
}

const IMAGE = 'vllm-predicted.png'
const MARKS = { same: '=', other: '≠', undecided: '?' } as const

function pageText(study: VllmStudy): string {
  const { stages, linear, roofline } = study
  return `# vLLM on an H100: another limit of sequences, predicted

Can an engine be fitted to four points of a load test, so that another setting of it is predicted by changing that setting alone? inference-perf
publishes load tests of Llama-3.1-8B on one H100 with vLLM 0.11, at \`--max-num-seqs\` ${FITTED} and ${CHANGED} ([source](https://github.com/kubernetes-sigs/inference-perf/tree/7de5ef2/demos/kubecon-na-2025), Apache-2.0), of seven stages each.
Here both laws of Spillway's generation are fitted to stages 0 to 3 at ${FITTED}. The others, and all at ${CHANGED}, are predicted.

${barTable(study)}

Errors are simulated − measured, relative. In brackets: the errors of other laws that fit as well. Where a bracket goes beyond the bar, the answer hangs on what the fitted stages leave open: the bar is judged by the best law, and others that fit as well would miss or meet it. \`npm run articles -- vllm --write\` generates this page. The inputs are no part of this
repository, and the page does not depend on the machine.

**In short.** ${summary(study)}

![Predicted and measured times](../images/${IMAGE})

## What misses, worst first

${missText(study)}

## What was predicted

Each cell: error, and a test of equivalence. \`=\`: shown to be within ${whole(MARGIN - 1)}; \`≠\`: shown to be beyond; \`?\`: undecided. \`max_num_seqs\` ${FITTED}, stages 0 to 3, are fitted: p50, p95 and mean of TTFT and end to end, and TPOT. Rates, numbers of requests and mean prompts (204 tokens, and 201 at ${CHANGED}) are those of the load test. Of the engine, nothing but \`max_sequences\` differs.

\`law: ${linear.fit.family.name}\`:

${errorTable(linear)}

\`law: ${roofline.fit.family.name}\`:

${errorTable(roofline)}

Of the engine at ${CHANGED}, with \`law: ${linear.fit.family.name}\`, measured value and errors over the laws that fit as well:

${rangeTable(linear)}

### What the test can say

There is one run of each stage, so its scatter is not measured. The test (two one-sided tests at 5 %, Schuirmann 1987, on the log scale) takes it to be that of simulated runs
from seed to seed, or that of the percentile of so many independent requests (60 in stage 0, 2,278 to 13,369 at ${CHANGED} else), whichever is more. What differs between two days or two machines is in neither, so \`=\` is a statement on this
run. In stage 0 both engines are idle but for one request, and differ by 7 % in mean TTFT and 11 % in its p95, with nothing changed that matters there: a bar of 10 % is close to that.

## How the load test is simulated

- **At most ${MAX_IN_FLIGHT} requests are in flight**: 44 workers with 10 connections. Latency is measured from the send, and requests that wait for a connection are in no published latency. That is [\`max_in_flight\`](../guides/clients.md#a-limit-of-requests-in-flight-what-load-generators-hide). The published mean wait for a
  connection, up to 26 s, is a check that nothing is fitted to. In the six saturated stages it is off by ${delayText(linear)} and by ${delayText(roofline)}: it adds up what the throughput is off by.
- **A "constant" rate is a Poisson process** with a fixed number of requests: the test draws exponential intervals and scales them to a minute.
- **Answers have ${OUTPUT_TOKENS} tokens.** The client counts 62.4, by its own tokeniser. Of the server's metrics, (end to end − TTFT) over TPOT is 62.8 to 62.9 in every stage with a queue. TPOT is computed with ${OUTPUT_TOKENS - 1} on both sides, which does not change its error.
- **The first token reaches the client late**, by 12 to 14 ms after the server counts it below saturation, and the last one does not. That is \`first_token_delay_ms\`. It is fitted, and so is a delay on the way to the engine.
- The token budget (8,192 by default) makes no difference. vLLM 0.11 always chunks prompts, whatever its option says.

## The fits

${fitTable(study)}

The search minimises squares of log errors over their variance: the scatter from seed to seed, and 2 % for the law itself. The ranges are the middle 90 % of laws as they are likely by these squares, with an unknown scale and four independent figures a
stage (differential evolution Markov chains, ter Braak 2006).

The engine bends, and the linear law cannot. Mean time of a step by requests in flight, and the slope from the row above:

${slopeTable(stages)}

A step reads the weights once, whatever is in it, and computes in the meantime. Few tokens are nearly free, and many are not. \`transformer-decoder\` has that knee. \`generation\` takes the slope of the fitted stages, so it has too much between them and too little at the ends.

## What the stages leave open

${openText(study)}
`
}

function barTable({ linear, roofline }: VllmStudy): string {
  const rows = BARS.map((bar) => {
    const cells = [linear, roofline].map((law) => {
      const judged = judgedBy(bar, changedOf(law))
      const met = within(bar, judged).length
      const [worst] = judged
      const text = `${met} of ${judged.length}, worst ${signedPercent(worst!.error)} ${rangeText(worst!)} in stage ${worst!.stage.number}`
      return met === judged.length ? `met: ${text}` : `**missed**: ${text}`
    })
    return [bar.name, whole(bar.bar), ...cells]
  })
  const heads = [linear, roofline].map(({ fit }) => `\`law: ${fit.family.name}\``)
  return markdownTable([`at ${CHANGED}`, 'bar', ...heads], rows, 'lrll')
}

const rangeText = ({ low, high }: Predicted) => `[${signedPercent(low)}, ${signedPercent(high)}]`

function figureAt(law: LawStudy, maxSequences: number, number: number, name: string): Predicted {
  const { figures } = law.predicted.find(
    ({ stage }) => stage.maxSequences === maxSequences && stage.number === number,
  )!
  return figures.find((figure) => figure.name === name)!
}

/** The mean throughput of saturated stages, and that of the simulation. */
function saturated(law: LawStudy, maxSequences: number) {
  const all = law.predicted
    .filter(({ stage }) => stage.maxSequences === maxSequences && isSaturated(stage))
    .map(({ figures }) => figures.find(({ name }) => name === 'throughput')!)
  const total = (of: (figure: Predicted) => number) => all.reduce((sum, one) => sum + of(one), 0)
  return {
    measured: total(({ measured }) => measured) / all.length,
    simulated: total(({ measured, error }) => measured * (1 + error)) / all.length,
  }
}

function summary({ linear, roofline }: VllmStudy): string {
  const gain = (law: LawStudy, of: 'measured' | 'simulated') =>
    `${fixed(saturated(law, CHANGED)[of] / saturated(law, FITTED)[of], 3)}`
  const tpot = (law: LawStudy, number: number) =>
    signedPercent(figureAt(law, CHANGED, number, 'TPOT').error)
  return `From ${FITTED} to ${CHANGED} sequences the saturated throughput rises by a factor of ${gain(linear, 'measured')}; predicted are ${gain(linear, 'simulated')} (\`generation\`) and ${gain(roofline, 'simulated')} (\`transformer-decoder\`). Below
saturation TPOT in stages 0 to 3 is off by ${[0, 1, 2, 3].map((i) => tpot(linear, i)).join(', ')} with \`generation\`, and by ${[0, 1, 2, 3].map((i) => tpot(roofline, i)).join(', ')} with \`transformer-decoder\`. Both miss times to the first token, in the idle engine
and at the edge of saturation. Take \`transformer-decoder\` to choose a limit of sequences, and trust neither law within some percent of saturation.`
}

function missText(study: VllmStudy): string {
  const { linear, roofline, elasticity: by } = study
  const both = (number: number, name: string) =>
    [linear, roofline]
      .map((law) => signedPercent(figureAt(law, CHANGED, number, name).error))
      .join(' and ')
  const near = study.stages.find((stage) => stage.maxSequences === CHANGED && stage.number === 3)!
  const share = near.measured.throughputRps / saturated(linear, CHANGED).measured
  return `Errors at ${CHANGED}, of \`generation\` and of \`transformer-decoder\`:

1. **TTFT in stage 3**: p50 ${both(3, 'TTFT p50')}, p95 ${both(3, 'TTFT p95')}; end to end p50 ${both(3, 'end to end p50')}. It runs at ${whole(share)} of the saturated throughput, and all ${CHANGED} places are nearly always taken. Steps that are 1 % slower make p50
   end to end ${fixed(by.e2e, 1)} % and p50 of TTFT ${fixed(by.ttft, 1)} % longer there. Both laws are too fast there (TPOT ${both(3, 'TPOT')}), and the queue is where that shows.
2. **TTFT in stage 0**: p50 ${both(0, 'TTFT p50')}, p95 ${both(0, 'TTFT p95')}. One request at a time meets an idle engine and waits 31 to 33 ms for its first token. With 38 requests/s it is less, though it now waits for the step that runs. An idle server is slower to begin, and no key
   has that for generation; the delays are constants, so they are too short in stage 0 and too long in stage 1. At ${FITTED}, where stage 0 is fitted, the errors are alike (${[linear, roofline].map((law) => signedPercent(figureAt(law, FITTED, 0, 'TTFT p50').error)).join(' and ')}).
3. **TPOT and end to end in stages 0 and 2, \`generation\`**: TPOT ${signedPercent(figureAt(linear, CHANGED, 0, 'TPOT').error)} and ${signedPercent(figureAt(linear, CHANGED, 2, 'TPOT').error)}. The law is linear and the engine bends ([below](#the-fits)).
4. **Saturated throughput, \`generation\`**: ${[4, 5, 6].map((number) => signedPercent(figureAt(linear, CHANGED, number, 'throughput').error)).join(', ')} in stages 4 to 6. For the same reason: the slope that fits up to 93 sequences is too small beyond. Laws that fit as well have ${rangeText(figureAt(linear, CHANGED, 5, 'throughput'))} in stage 5, so the answer of this law hangs on what the stages leave open.
5. **TTFT p90 to p99 in saturated stages**, which no bar is about: p95 in stage 5 ${both(5, 'TTFT p95')}. All answers have the same length, so requests that begin together end together, and these groups last for the whole stage. Which groups form is decided in its first seconds.
6. **p99 of TTFT in stage 3 at ${FITTED}**, which no bar is about: ${[linear, roofline].map((law) => signedPercent(figureAt(law, FITTED, 3, 'TTFT p99').error)).join(' and ')}. In the measured minute all ${FITTED} places were taken for a while, and in few simulated ones.

Throughput below saturation is what the clients ask for, in any simulation that keeps up. That bar tests little.`
}

/** "+5.9 % =" */
const cell = ({ error, equivalence }: Predicted) => `${signedPercent(error)} ${MARKS[equivalence]}`

function errorTable({ predicted }: LawStudy): string {
  const short = (name: string) => name.replace('end to end', 'E2E')
  const rows = predicted.map(({ stage, figures }) => [
    `${stage.maxSequences}, stage ${stage.number}${isFitted(stage) ? ' (fitted)' : ''}`,
    fixed(stage.rateRps, 0),
    ...figures.map(cell),
  ])
  return markdownTable(['limit', 'asked/s', ...FIGURES.map(({ name }) => short(name))], rows)
}

function rangeTable(law: LawStudy): string {
  const names = [...new Set(BARS.flatMap(({ figures }) => figures))].toReversed()
  const rows = changedOf(law).map(({ stage, figures }) => [
    `stage ${stage.number}`,
    ...names.map((name) => {
      const figure = figures.find((one) => one.name === name)!
      const unit = name === 'throughput' ? '/s' : ' ms'
      return `${measuredText(figure)}${unit}: ${rangeText(figure)}`
    }),
  ])
  return markdownTable(['', ...names], rows)
}

const measuredText = ({ measured }: Predicted) =>
  measured < 100 ? fixed(measured, 1) : count(Math.round(measured))

/** How far the simulated wait for a connection is off in saturated stages, least to most. */
function delayText({ fit, predicted }: LawStudy): string {
  const errors = predicted
    .filter(({ stage }) => isSaturated(stage))
    .map(({ stage, delayMs }) => delayMs / stage.measured.delay.mean - 1)
  const [low, high] = [Math.min(...errors), Math.max(...errors)].map(signedPercent)
  return `${low} to ${high} with \`${fit.family.name}\``
}

const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  generation: [
    ...['`base_ms`', '`per_sequence_ms`', '`per_prefill_token_ms`'],
    ...['`first_token_delay_ms`', '`link.delay_ms`'],
  ],
  'transformer-decoder': [
    ...['`compute`', '`memory`', '`launch_us`', '`sharpness`'],
    ...['`first_token_delay_ms`', '`link.delay_ms`'],
  ],
}

function fitTable({ linear, roofline }: VllmStudy): string {
  const rows = [linear, roofline].flatMap(({ fit: { family, best, draws } }) =>
    PARAMETERS[family.name]!.map((name, i) => {
      const { low, high } = middle(draws, ({ values }) => values[i]!)
      return [
        `\`${family.name}\``,
        name,
        places(best.values[i]!),
        `${places(low)} to ${places(high)}`,
      ]
    }),
  )
  return markdownTable(['law', 'value', 'best', 'as likely'], rows, 'llrr')
}

const places = (value: number) => `${Number(value.toPrecision(3))}`

/** The middle 90 % of the draws. */
function middle(draws: readonly Candidate[], of: (draw: Candidate) => number): Range {
  const sorted = draws.map(of).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!
  return { low: at(0.05), high: at(0.95) }
}

/** The mean step by the mean number of running sequences, from published figures alone. */
function slopeTable(stages: readonly Stage[]): string {
  const points = stages
    .map((stage) => {
      const inFlight = stage.measured.throughputRps * (stage.measured.e2e.mean / 1000)
      return {
        name: `${stage.maxSequences}, stage ${stage.number}`,
        sequences: Math.max(1, Math.min(inFlight, stage.maxSequences)),
        ms: tpotOf(stage.measured),
        saturated: isSaturated(stage) && stage.number > 4,
      }
    })
    .filter((point) => !point.saturated)
    .sort((a, b) => a.sequences - b.sequences || a.ms - b.ms)
  const rows = points.map(({ name, sequences, ms }, i) => {
    const before = points[i - 1]
    const apart = before === undefined ? 0 : sequences - before.sequences
    const slope = apart < 10 ? '–' : `${fixed((ms - before!.ms) / apart, 3)} ms`
    return [name, fixed(sequences, 0), `${fixed(ms, 2)} ms`, slope]
  })
  return markdownTable(['limit', 'sequences', 'step', 'each further sequence'], rows)
}

function openText({ linear, longPrompts, contextDifference: differs }: VllmStudy): string {
  const { draws } = linear.fit
  const prefill = middle(draws, ({ values }) => values[2]!)
  const sequence = middle(draws, ({ values }) => values[1]!)
  const request = middle(draws, ({ values: [, s, p] }) => OUTPUT_TOKENS * s! + 204 * p!)
  return `- **A prompt against its answer.** With equal requests, a step takes \`base_ms\` and a part for each request: ${OUTPUT_TOKENS} times \`per_sequence_ms\` and 204 times \`per_prefill_token_ms\`. The stages determine that sum (${places(request.low)} to ${places(request.high)} ms) and hardly its parts
  (${places(sequence.low)} to ${places(sequence.high)}, and ${places(prefill.low)} to ${places(prefill.high)} ms). Another \`max_num_seqs\` with the same requests needs \`base_ms\` and that sum alone. **Other lengths need the parts**: with prompts of 1,000 tokens, laws that fit as well predict ${fixed(longPrompts.low, 0)} to ${fixed(longPrompts.high, 0)} saturated
  requests/s. Measure prompts of a second length before you trust an answer about them ([how](../guides/generation-for-vllm.md#the-time-of-a-step)).
- **A sequence against its context.** All contexts are 204 to 268 tokens, so \`per_context_token_ms\` cannot be distinguished from \`per_sequence_ms\`, and is 0 here. Put the whole of it there instead, and throughput and TPOT at ${CHANGED} differ by ${tenths(differs)} at most.
- **Which stages the line is close to.** It cannot follow the bend, so the fit is a compromise between stages, which the weights and the simulated schedules decide: the saturated throughput at ${CHANGED} is off by ${rangeText(figureAt(linear, CHANGED, 5, 'throughput'))} over the laws that fit as well. An exploratory
  fit on two other simulated schedules had +1.3 to +2.4 % in the saturated stages; the fit above has four schedules.
- **The delays.** That of the first token and that on the way to the engine differ only in TTFT against the latency end to end, of which they are a small part.
- **Rare stalls and the scatter of steps** are not in these means and percentiles. The laws have none.`
}

function chartOf({ linear, roofline }: VllmStudy): HeldOutChart {
  const percentiles = (law: LawStudy, metric: string, of: (stage: Stage) => boolean) =>
    law.predicted
      .filter(({ stage }) => of(stage))
      .flatMap(({ figures }) => figures.filter(({ name }) => name.startsWith(`${metric} p`)))
      .map(({ measured, error }) => ({ measured, predicted: measured * (1 + error) }))
  const tpots = [0, 1, 2].map((i) => Math.abs(figureAt(roofline, CHANGED, i, 'TPOT').error))
  return {
    title: `Four stages at ${FITTED} sequences predict TPOT at ${CHANGED} within ${tenths(Math.max(...tpots))} up to two thirds of saturation`,
    subtitle: `p50, p90, p95 and p99 of each stage · vLLM 0.11 on one H100, published by inference-perf`,
    bar: 0.1,
    panels: [linear, roofline].flatMap((law) =>
      METRICS.map((metric) => ({
        name: `${metric}, ${law.fit.family.name}`,
        series: [
          {
            name: `${FITTED}, fitted`,
            color: LIGHT.sendDelay,
            shape: 'circle' as const,
            points: percentiles(law, metric, isFitted),
          },
          {
            name: `${FITTED}, predicted`,
            color: LIGHT.measured,
            shape: 'square' as const,
            points: percentiles(
              law,
              metric,
              (stage) => stage.maxSequences === FITTED && !isFitted(stage),
            ),
          },
          {
            name: `${CHANGED}, predicted`,
            color: LIGHT.simulated,
            shape: 'triangle-up' as const,
            points: percentiles(law, metric, ({ maxSequences }) => maxSequences === CHANGED),
          },
        ],
      })),
    ),
  }
}
