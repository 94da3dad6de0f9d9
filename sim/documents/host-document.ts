import * as z from 'zod'
import { number } from './document-parts.ts'

/** The machine on which a document was made or a profile calibrated. */
export const hostSchema = z.strictObject({
  cpu: z.string().describe('Model name of the processor.'),
  cores: number.describe('Number of logical cores of the processor.'),
  memory_gib: number.describe('Memory of the machine, rounded to whole GiB.'),
  platform: z.string().describe('Operating system, architecture and release of the kernel.'),
  node: z.string().describe('Version of Node.js.'),
  onnxruntime: z.string().describe('Version of ONNX Runtime.'),
  adapter: z.string().nullable().describe('Name of the accelerator; null where none is recorded.'),
})

export type Host = z.infer<typeof hostSchema>
