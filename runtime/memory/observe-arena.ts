import type { ChildProcess } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import onnxProto from 'onnx-proto'
import { Failure } from '../../scenarios/index.ts'
import { entryBeside, forkEntry } from '../process/child.ts'
import { throwIfAborted } from '../process/interruption.ts'
import {
  type ArenaLog,
  type ArenaRuns,
  type GraphNode,
  LogReader,
  type NodeGraph,
  ProfileReader,
  type Shape,
} from './arena-log.ts'

/**
 * Runs a model on cpu in a separate process and returns the activity of its arena, from its log and
 * profile. Throws `Failure` if the model cannot be opened or a batch cannot run.
 */
export async function observeArena(
  options: ArenaRuns,
  {
    signal,
    onProgress = () => {},
    graph = false,
  }: ObserveOptions & { readonly graph?: boolean } = {},
): Promise<ArenaLog> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-arena-'))
  try {
    const { session } = options
    const optimised = join(folder, 'optimised.onnx')
    const job = {
      ...options,
      session: { ...session, profile: join(folder, 'profile'), ...(graph && { optimised }) },
    }
    const log = await runsOf(job, signal, onProgress)
    const runs = await profileOf(folder)
    return {
      graph: graph ? readGraph(await readFile(optimised)) : null,
      reserved: log.reserved,
      process: log.process,
      runs: runs.map((nodes, i) => ({
        shape: options.runs[i]!,
        extensions: log.extensions[i]!,
        nodes,
      })),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface ObserveOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (done: number, of: number) => void
}

/** Resolves when the process has ended; rejects if it did not run all batches. */
async function runsOf(
  job: ArenaRuns,
  signal: AbortSignal | undefined,
  onProgress: (done: number, of: number) => void,
): Promise<LogReader> {
  throwIfAborted(signal)
  const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const
  const child = forkEntry(entryBeside(import.meta.url, 'arena-process'), { stdio: [...stdio] })
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop)
  try {
    const log = new LogReader()
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.send(job, () => {})
    let last: Shape | null = null
    for await (const line of createInterface({ input: child.stderr! })) {
      const mark = log.take(line)
      if (mark?.kind !== 'run') continue
      last = job.runs[mark.run]!
      onProgress(mark.run, job.runs.length)
    }
    await ended
    throwIfAborted(signal)
    if (log.ended) return log
    throw new Failure(problemOf(child, log.problem, job, last))
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function problemOf(
  child: ChildProcess,
  problem: string | null,
  { file }: ArenaRuns,
  last: Shape | null,
): string {
  const how = problem ?? `its process ended early (${child.signalCode ?? `code ${child.exitCode}`})`
  const where = last === null ? '' : ` at batch ${last[0]} x length ${last[1]}`
  return `the memory of ${file.path} could not be observed${where}: ${how}`
}

async function profileOf(folder: string): Promise<ProfileReader['runs']> {
  const reader = new ProfileReader()
  const name = (await readdir(folder)).find((file) => file.startsWith('profile'))
  if (name === undefined) throw new Error('Expected ONNX Runtime to have written a profile')
  for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
    reader.take(line)
  }
  return reader.runs
}

/** The nodes of an ONNX model. Throws if the bytes are no ONNX model. */
function readGraph(bytes: Uint8Array): NodeGraph {
  const { graph } = onnxProto.onnx.ModelProto.decode(bytes)
  if (!graph) throw new Error('Expected a model with a graph')
  const present = (names: readonly string[] | null | undefined) =>
    (names ?? []).filter((name) => name !== '')
  const nodes = (graph.node ?? []).map(
    ({ opType, input, output }): GraphNode => ({
      op: opType ?? '',
      inputs: present(input),
      outputs: present(output),
    }),
  )
  return { nodes, outputs: present((graph.output ?? []).map(({ name }) => name ?? '')) }
}
