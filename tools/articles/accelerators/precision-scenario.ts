import { type EncoderFit, FITTED_CARDS } from './encoder-fits.ts'

export const PRECISION_SCENARIO = 'precision'
const efficiencyText = ({ efficiency }: EncoderFit) => {
  const { compute, memory, launch_us: launch } = efficiency
  return `{ compute: ${compute}, memory: ${memory}, launch_us: ${launch} }`
}

const nameOf = ({ card, precision }: EncoderFit) =>
  `${FITTED_CARDS[card].toLowerCase()}-${precision}`

/** The scenario of the library with a variant for each fitted card and precision. */
export function precisionText(fits: readonly EncoderFit[]): string {
  const [first, ...others] = fits as readonly [EncoderFit, ...EncoderFit[]]
  const variants = others.map((fit) => {
    const { card, precision } = fit
    const moved = card === first.card ? [] : [`    pools.gpu.accelerator: ${card}`]
    return [
      `  ${nameOf(fit)}:`,
      ...moved,
      `    pools.gpu.precision: ${precision}`,
      `    models.encoder.work.efficiency: ${efficiencyText(fit)}`,
    ].join('\n')
  })
  return `# yaml-language-server: $schema=../scenario.schema.json
# Written by \`npm run articles -- --write\`, which fits the efficiencies: docs/background/accelerators.md.
spillway: 1
name: ${PRECISION_SCENARIO}
description: >-
  BERT-base on one T4 or A100, in fp32 (tf32 on the A100), fp16 or int8: which precision, and which card?
  Efficiencies are fitted to latencies of FasterTransformer, whose batches have 1 to 32 sequences of 32 to 384 tokens.
  Power is not measured: batches take the board power. Prices are the lowest on-demand prices of the catalogue.
seed: 7
duration_s: 200
warmup_s: 10
models:
  encoder:
    work:
      law: transformer-encoder
      layers: 12
      hidden: 768
      heads: 12
      vocabulary: 30522
      efficiency: ${efficiencyText(first)}
traffic:
  - class: text
    arrivals: { process: poisson, rate_rps: 60 }
    input_tokens: { distribution: lognormal, median: 64, p99: 256, max: 384 }
slo:
  text: ["p(99) latency_ms < 50"]
pools:
  - name: gpu
    model: encoder
    accelerator: ${first.card}
    precision: ${first.precision}
    batching: { policy: dynamic, max_batch: 32, max_delay_ms: 2 }
variants:
  ${nameOf(first)}: {}
${variants.join('\n')}
`
}
