import type { Pool } from '../../scenarios/index.ts'

export type ExecutionProvider = Pool['execution_provider']

/** What it means for a replay that a model runs on an execution provider of ONNX Runtime. */
interface ExecutionProviderTraits {
  /**
   * computes on the cores of the machine: executors may be pinned to some of them, there is room
   * for a replica more, and no part of a graph has to fall back to another provider
   */
  readonly onHost: boolean
  /** each session has a process of its own, not only a thread */
  readonly apart: boolean
  /** of ONNX Runtime on it, as `memory` of a pool names it */
  readonly allocator: NonNullable<Pool['memory']>['allocator']
  /** whether ONNX Runtime reports what that allocator does */
  readonly observed: boolean
  /** what is missing where opening a model fails with such a message, and how to get it */
  readonly missing: { readonly message: RegExp; readonly text: string } | null
}

/** Every execution provider; the schema has their names. */
export const executionProviders: Readonly<Record<ExecutionProvider, ExecutionProviderTraits>> =
  Object.freeze({
    cpu: { onHost: true, apart: false, allocator: 'bfc', observed: true, missing: null },
    webgpu: {
      onHost: false,
      // two sessions in one process crash (microsoft/onnxruntime #32561)
      apart: true,
      allocator: 'bucket',
      observed: false,
      missing: {
        message: /adapter|vulkan/i,
        text:
          'no Vulkan adapter; install the driver of the GPU, or on Debian the software one: ' +
          'apt install libvulkan1 mesa-vulkan-drivers',
      },
    },
    cuda: {
      onHost: false,
      apart: true,
      allocator: 'bfc',
      observed: false,
      missing: {
        message: /shared library|cuda/i,
        text:
          'its libraries are missing; run: ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild ' +
          'onnxruntime-node --ignore-scripts=false, with CUDA 12 and cuDNN 9 installed',
      },
    },
  })

export const executionProviderNames = Object.keys(executionProviders) as ExecutionProvider[]
