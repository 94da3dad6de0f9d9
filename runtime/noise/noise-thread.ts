import { parentPort, workerData } from 'node:worker_threads'
import { median } from 'simple-statistics'
import { pinThread } from '../live/affinity.ts'
import { timeControlKernel } from '../live/control-kernel.ts'
import { type FailureMessage, failureMessage } from '../process/failure-message.ts'
import { Spinner, type Spun } from './spinner.ts'

export interface NoiseThreadStart {
  /** the core that the thread is pinned to; null: not pinned */
  readonly core: number | null
}

/** What a thread met in the time that it was given. */
export interface ThreadNoise extends Spun {
  /** median time of the control kernel in each second, ms */
  readonly kernelMs: readonly number[]
}

/** Thread to parent: ready to spin, done or failed. */
export type NoiseMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'spun'; readonly noise: ThreadNoise }
  | FailureMessage

/** The thread spins four fifths of the time; a kernel takes about 1 ms. */
const SPIN_MS = 40
const REPETITIONS = 10

function measure(seconds: number): ThreadNoise {
  const spinner = new Spinner()
  const kernel: number[][] = []
  const from = performance.now()
  for (let now = from; now < from + 1000 * seconds; now = performance.now()) {
    spinner.spin(SPIN_MS)
    const second = Math.floor((now - from) / 1000)
    kernel[second] = [...(kernel[second] ?? []), ...timeControlKernel(REPETITIONS).ms]
  }
  const { spunMs, gaps, longest } = spinner
  // a stall of more than a second leaves one out
  const kernelMs = kernel.flatMap((times) => [median(times)])
  return { spunMs, gaps, longest, kernelMs }
}

const { core } = workerData as NoiseThreadStart
if (core !== null) pinThread([core])
const post = (message: NoiseMessage) => parentPort?.postMessage(message)
parentPort?.on('message', (seconds: number) => {
  try {
    post({ kind: 'spun', noise: measure(seconds) })
  } catch (error) {
    post(failureMessage(error))
  }
})
// V8 has compiled both loops when the measurement begins
new Spinner().spin(SPIN_MS)
timeControlKernel(1)
post({ kind: 'ready' })
