import { Failure } from '../../scenarios/index.ts'
import {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
} from './execution-providers.ts'
import type { ModelFile } from './model-types.ts'
import { InferenceSession, listSupportedBackends } from './onnx-runtime.ts'
import { isOutOfMemory } from './out-of-memory.ts'
import type { SessionOptions } from './session-options.ts'

export interface OpenedSession {
  readonly session: InferenceSession
  /** whether part of the graph runs on cpu, because the provider lacks an operator */
  readonly fellBack: boolean
}

/** The execution providers of this build of ONNX Runtime; libraries of cuda may be missing. */
export function supportedProviders(): readonly ExecutionProvider[] {
  const names: readonly string[] = listSupportedBackends().map((backend) => backend.name)
  return executionProviderNames.filter((provider) => names.includes(provider))
}

/** Opens a model. Throws `Failure`, with the error of ONNX Runtime as its cause. */
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
    const { onHost } = executionProviders[executionProvider]
    // ONNX Runtime moves operators that a provider lacks to cpu; a strict opening forbids it
    const strict = onHost ? null : await create(file, options, true).catch(() => null)
    if (strict !== null) return { session: strict, fellBack: false }
    return { session: await create(file, options), fellBack: !onHost }
  } catch (error) {
    const failure = new Failure(explain(file, executionProvider, error))
    throw Object.assign(failure, { cause: error })
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
    // memory planned for one length does not fit another, and plans of all lengths stay allocated
    enableMemPattern: options.memoryPattern ?? !free,
    // errors only; the failure of a strict opening is an expected result
    logSeverityLevel: strict ? 4 : options.profile === undefined ? 3 : 1,
    ...(options.optimised !== undefined && { optimizedModelFilePath: options.optimised }),
    ...(options.profile !== undefined && {
      enableProfiling: true,
      profileFilePrefix: options.profile,
    }),
    extra: {
      session: {
        // a spinning pool takes cores from its neighbours between two batches
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        disable_cpu_ep_fallback: strict ? '1' : '0',
      },
    },
  })
}

/** The message of ONNX Runtime, without its source line and the condition that failed. */
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
