import type { ScrapedCase } from './scraped-serve.ts'

/** What the study serves: one request at a time, of one size and of many. */

const WIDTH = 1024
const VOCABULARY = 1000
const LENGTHS = { min: 32, max: 256 } as const

const served = (model: string, traffic = '') => `spillway: 1
name: served
duration_s: 60
models:
  m: { ${model} }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }${traffic}
pools:
  - name: central
    model: m
`

const inputOf = (name: string, datatype: string, data: readonly number[]) => {
  return { name, datatype, shape: [1, data.length], data }
}

const net = JSON.stringify({
  inputs: [
    inputOf(
      'x',
      'FP32',
      Array.from({ length: WIDTH }, () => 1),
    ),
  ],
})

/** Of many lengths, by a sequence that meets each as often (7919 is a prime). */
function textOf(request: number): string {
  const length = LENGTHS.min + ((7919 * request) % (LENGTHS.max - LENGTHS.min + 1))
  const ids = Array.from({ length }, (_, i) => (request + i) % VOCABULARY)
  const mask = ids.map(() => 1)
  return JSON.stringify({
    inputs: [inputOf('input_ids', 'INT64', ids), inputOf('attention_mask', 'INT64', mask)],
  })
}

export const CASES: readonly ScrapedCase[] = [
  {
    name: 'a net, all requests alike',
    scenario: served(`builtin: mlp, layers: 60, width: ${WIDTH}`),
    bodyOf: () => net,
    rateRps: 25,
  },
  {
    name: 'an encoder, 32 to 256 tokens',
    scenario: served(
      `builtin: transformer-encoder, layers: 4, hidden: 256, heads: 4, vocabulary: ${VOCABULARY}`,
      `
    input_tokens: { distribution: uniform, min: ${LENGTHS.min}, max: ${LENGTHS.max} }`,
    ),
    bodyOf: textOf,
    rateRps: 30,
  },
]
