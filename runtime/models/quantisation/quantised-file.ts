import { askOnce, entryBeside } from '../../process/child.ts'
import type { ModelFile } from '../model-types.ts'

/**
 * What a quantisation is asked for, and what it did. These types are part of the library, which
 * does not depend on the types of the ONNX format.
 */

export const PRODUCTS = ['Conv', 'Gemm', 'MatMul'] as const
export type ProductOperator = (typeof PRODUCTS)[number]

/** A batch of one. */
export interface CalibrationInput {
  readonly key: number
  readonly length: number
}

export interface QuantiseRequest {
  readonly file: ModelFile
  /** for files that are needed meanwhile, and for the quantised one */
  readonly folder: string
  readonly threads: number
  readonly inputs: readonly CalibrationInput[]
}

/** A node that stays as it is. */
export interface LeftOut {
  readonly node: string
  readonly operator: string
  readonly reason: string
}

/** Medians of two models for the same inputs, ms. */
export interface ProcessorTimes {
  readonly from: number
  readonly to: number
}

export interface QuantisedFile {
  readonly path: string
  readonly quantised: Readonly<Record<ProductOperator, number>>
  readonly leftOut: readonly LeftOut[]
  /** kernels of 8 bits that ONNX Runtime makes of it, by operator */
  readonly kernels: Readonly<Record<string, number>>
  /** kernels that convert between 8 bits and float32 */
  readonly conversions: number
  /** of a request alone, in the median, ms */
  readonly processorMs: ProcessorTimes
}

/** Quantises a model in a process of its own, which an interruption ends. Throws `Failure`. */
export async function quantiseApart(
  request: QuantiseRequest,
  signal: AbortSignal | undefined,
  onRun: (done: number) => void,
): Promise<QuantisedFile> {
  const entry = entryBeside(import.meta.url, 'quantise-process')
  const name = 'the quantisation'
  return askOnce<QuantisedFile, number>(entry, request, { name, signal, onPart: onRun })
}
