import { basename, dirname, isAbsolute, posix, relative, resolve, sep } from 'node:path'
import { Failure, parseScenario, tensorTypes } from '../../scenarios/index.ts'
import { significant } from '../../sim/kernel/index.ts'
import { findDecoder, readOnnx } from '../models/index.ts'
import { starterForDecoder } from './starter-for-decoder.ts'
import { type StarterInputs, starterInputs } from './starter-inputs.ts'
import { quoted, starterHead } from './starter-text.ts'

/**
 * A scenario for an ONNX file, or one of npm:PACKAGE/PATH, with every input filled in; one that
 * generates for a decoder. `file` is where it will be written, `aloneMs` the time of a request
 * alone, null if it is not known. Throws `Failure` for a model that cannot be fed.
 */
export async function starterForModel(
  model: string,
  file: string,
  aloneMs: number | null,
): Promise<string> {
  const packaged = model.startsWith('npm:')
  const directory = dirname(file)
  const { graph } = await readOnnx(model, packaged ? directory : '.')
  if (graph === null)
    throw new Failure(`${model}: expected an ONNX model, got another kind of file`)
  const onnx = packaged || isAbsolute(model) ? model : fromFolder(directory, model)
  const decoder = findDecoder(graph)
  if (decoder?.layout) {
    const text = starterForDecoder(nameOf(model), onnx, decoder)
    parseScenario(text, { file })
    return text
  }
  const problems = graph.inputs
    .filter(({ type }) => type === null || !(type in tensorTypes))
    .map(({ name, type }) => {
      const allowed = Object.keys(tensorTypes).join(', ')
      return `${model}: input ${name} is ${type ?? 'no tensor'}; inputs can be ${allowed}`
    })
  if (problems.length > 0) throw new Failure(problems)
  const text = scenarioText(nameOf(model), onnx, starterInputs(graph), aloneMs)
  parseScenario(text, { file })
  return text
}

/** A path from the folder of the scenario, as on every system. */
function fromFolder(directory: string, path: string): string {
  return relative(resolve(directory), resolve(path)).split(sep).join(posix.sep)
}

/** The name of the file, as a name of scenarios. */
function nameOf(model: string): string {
  const letters = basename(model)
    .replace(/\.onnx$/i, '')
    .replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/^[^a-z0-9]+/i, '')
  return letters.slice(0, 60) || 'model'
}

interface StarterLengths {
  readonly what: string
  readonly law: string
  readonly padTo: number
}

/** Lengths that fit what kind of values a request holds. */
const LENGTHS: Readonly<Record<NonNullable<StarterInputs['length']>, StarterLengths>> = {
  tokens: {
    what: 'tokens of a request',
    law: 'distribution: lognormal, median: 32, p99: 128, max: 256',
    padTo: 8,
  },
  samples: { what: 'samples of a request', law: 'distribution: fixed, value: 16000', padTo: 1 },
  chunk: { what: 'samples of a chunk', law: 'distribution: fixed, value: 512', padTo: 1 },
  frames: {
    what: 'positions along the free dimension',
    law: 'distribution: lognormal, median: 96, p99: 280, min: 32, max: 320',
    padTo: 16,
  },
}

function scenarioText(
  name: string,
  onnx: string,
  { inputs, batched, length, stateful }: StarterInputs,
  aloneMs: number | null,
): string {
  const lines = inputs.map(({ name, text, choose }) => {
    const note = choose === null ? '' : ` # choose: ${choose}`
    return `      ${quoted(name)}: ${text}${note}\n`
  })
  const lengths = length === null ? null : LENGTHS[length]
  const padTo = lengths?.padTo ?? 1
  const { durationS, limitMs, arrivals } = starterTraffic({ length, stateful, aloneMs })
  return `${starterHead(name, durationS)}
models:
  ${quoted(name)}:
    onnx: ${quoted(onnx)} # or a file for each precision: { fp32: a.onnx, int8: b.onnx }
    inputs:${inputs.length === 0 ? ' {}\n' : `\n${lines.join('')}`}${
      padTo === 1 ? '' : `    pad_to: ${padTo}\n`
    }
traffic:
  - class: web
    arrivals:
${arrivals}
${lengths === null ? '' : `    input_tokens: { ${lengths.law} } # choose: the ${lengths.what}\n`}
slo:
  web: ["p(99) latency_ms < ${limitMs}"] # choose: the objective

pools:
  - name: central
    execution_provider: cpu # where a replay runs it: cpu, webgpu or cuda
    replicas: 1
    threads: 1 # of each replica
    model: ${quoted(name)}
${
  batched
    ? '    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 } # choose: the batch window\n'
    : '    batching: { policy: none } # no input has a free dimension, so each request runs alone\n'
}`
}

/** The traffic of a starter, which a replay on this machine can send and the model can serve. */
interface StarterTraffic {
  readonly durationS: number
  /** of the objective */
  readonly limitMs: number
  /** lines of YAML */
  readonly arrivals: string
}

/** Share of the time that requests one at a time would take. */
const SHARE = 0.5
/** Enough for a p99 in 20 s, and far below what one dispatcher can send. */
const MOST_RPS = 600
/** Time between two chunks of a stream: 512 samples at 16,000 a second. */
const CHUNK_MS = 32
const [SHORT_S, LONG_S, REQUESTS] = [20, 60, 100]

/** `aloneMs`: of a request alone; null where that is not known: the rate is then a load. */
function starterTraffic({
  length,
  stateful,
  aloneMs,
}: Pick<StarterInputs, 'length' | 'stateful'> & {
  readonly aloneMs: number | null
}): StarterTraffic {
  const rps = aloneMs === null ? null : Math.min(MOST_RPS, (SHARE * 1000) / aloneMs)
  if (stateful && length === 'chunk') return streams(rps ?? MOST_RPS / 6)
  const others = stateful ? 'clients, if each stream has a clock' : 'deterministic, gamma, trace'
  const process = `      process: poisson # choose: or ${others}`
  if (rps === null || aloneMs === null) {
    const rate = 'load: 0.6 # choose: the share of the capacity that calibration finds'
    const arrivals = `${process}\n      ${rate}; or rate_rps: 20`
    return { durationS: SHORT_S, limitMs: 200, arrivals }
  }
  const rate = rounded(rps, Math.floor)
  const taken = `a request alone took ${significant(aloneMs, 2)} ms here`
  return {
    durationS: Math.round(Math.min(LONG_S, Math.max(SHORT_S, REQUESTS / rate))),
    limitMs: Math.max(200, rounded(10 * aloneMs, Math.ceil)),
    arrivals: `${process}\n      rate_rps: ${rate} # choose: the rate of your traffic; ${taken}`,
  }
}

/** Streams that each send chunks on a clock of their own, whatever the answers. */
function streams(rps: number): StarterTraffic {
  const each = 1000 / CHUNK_MS
  const count = Math.max(1, Math.floor(rps / each))
  return {
    durationS: SHORT_S,
    limitMs: CHUNK_MS,
    arrivals: [
      '      process: clients # streams: a chunk every 32 ms from each, whatever the answers',
      `      clients: ${count} # choose: the streams at the same time`,
      `      rate_rps: ${count * each} # choose: of all streams; each sends ${each} chunks/s`,
      '      share_exponent: 0 # all streams alike',
      '      cv: { distribution: fixed, value: 0.05 } # of the gaps of a stream, nearly equal',
    ].join('\n'),
  }
}

/** To one significant digit. */
function rounded(value: number, by: (value: number) => number): number {
  const unit = 10 ** Math.floor(Math.log10(value))
  return Number((by(value / unit) * unit).toPrecision(1))
}
