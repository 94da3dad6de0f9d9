import { InferenceSession, listSupportedBackends } from 'onnxruntime-node'
import { Failure, type Pool } from '../../scenarios/index.ts'
import {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
} from './execution-providers.ts'
import type { ModelFile } from './model-file.ts'
import { isOutOfMemory } from './out-of-memory.ts'

export interface SessionOptions {
  readonly executionProvider: ExecutionProvider
  /** intra-op threads */
  readonly threads: number
  /** whether batches of a known shape take one planned block; default: where no length is free */
  readonly memoryPattern?: boolean
  /** path that the file of a profile begins with; what the arena does is logged then, too */
  readonly profile?: string
  /** where the graph goes that ONNX Runtime made of the model */
  readonly optimised?: string
}

export interface OpenedSession {
  readonly session: InferenceSession
  /** part of the graph runs on cpu, as the provider lacks an operator */
  readonly fellBack: boolean
}

/** How the sessions of a pool are opened. */
export function sessionOptions(pool: Pool): SessionOptions {
  const { execution_provider: executionProvider, threads, memory } = pool
  if (memory === undefined || !('pattern' in memory)) return { executionProvider, threads }
  return { executionProvider, threads, memoryPattern: memory.pattern }
}

/** The execution providers that this build of ONNX Runtime knows; cuda may lack its libraries. */
export function supportedProviders(): readonly ExecutionProvider[] {
  const names: readonly string[] = listSupportedBackends().map((backend) => backend.name)
  return executionProviderNames.filter((provider) => names.includes(provider))
}

/**
 * Opens a model. Throws `Failure`, with what ONNX Runtime threw as its cause, where the provider is
 * not to be had, the model is corrupt or memory runs out.
 */
export async function openSession(
  file: ModelFile,
  options: SessionOptions,
): Promise<OpenedSession> {
  const { executionProvider } = options
  if (!supportedProviders().includes(executionProvider)) {
    throw new Failure(
      `execution provider ${executionProvider}: onnxruntime-node on ${process.platform} ` +
        `${process.arch} offers only ${supportedProviders().join(', ')}`,
    )
  }
  try {
    if (executionProviders[executionProvider].onHost) {
      return { session: await create(file, options), fellBack: false }
    }
    return await createAccelerated(file, options)
  } catch (error) {
    const failure = new Failure(explain(file, executionProvider, error))
    throw Object.assign(failure, { cause: error })
  }
}

/**
 * ONNX Runtime moves what a provider cannot do to the cpu in silence. Forbidding it first tells
 * whether it would; a provider that is not to be had fails both times.
 */
async function createAccelerated(file: ModelFile, options: SessionOptions): Promise<OpenedSession> {
  try {
    return { session: await create(file, options, true), fellBack: false }
  } catch {
    return { session: await create(file, options), fellBack: true }
  }
}

async function create(
  file: ModelFile,
  options: SessionOptions,
  strict = false,
): Promise<InferenceSession> {
  const free = file.inputs.some((input) => input.shape.includes('length'))
  return InferenceSession.create(file.path, {
    executionProviders: [options.executionProvider],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Memory planned for one length fits no other, and the plans of all lengths stay allocated.
    enableMemPattern: options.memoryPattern ?? !free,
    // Errors only; where a strict opening fails, that is an answer and no error.
    logSeverityLevel: strict ? 4 : options.profile === undefined ? 3 : 1,
    ...(options.optimised !== undefined && { optimizedModelFilePath: options.optimised }),
    ...(options.profile !== undefined && {
      enableProfiling: true,
      profileFilePrefix: options.profile,
    }),
    extra: {
      session: {
        // A spinning pool takes the core of its neighbours between two batches.
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        disable_cpu_ep_fallback: strict ? '1' : '0',
      },
    },
  })
}

/** What ONNX Runtime has to say, without its source line and the condition that failed. */
export function detailOf(error: unknown): string {
  return String(error)
    .replace(/\s+/g, ' ')
    .replace(/^.* was false\. /, '')
    .trim()
    .slice(0, 300)
}

function explain(file: ModelFile, provider: ExecutionProvider, error: unknown): string {
  const [detail, text] = [detailOf(error), String(error)]
  if (isOutOfMemory(error)) {
    return `${file.path}: memory ran out while the model was opened on ${provider} (${detail})`
  }
  const { missing } = executionProviders[provider]
  if (missing?.message.test(text)) {
    return `execution provider ${provider}: ${missing.text} (${detail})`
  }
  return `${file.path}: ONNX Runtime cannot open the model on ${provider} (${detail})`
}
