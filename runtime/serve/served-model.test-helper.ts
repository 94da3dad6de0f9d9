import type { ServedModel } from './served-model.ts'

/** A model with a fixed input, and one whose length is free. */
export const SERVED: ServedModel = {
  name: 'm',
  inputs: [
    { name: 'x', type: 'float32', shape: ['batch', 2] },
    { name: 'ids', type: 'int64', shape: ['batch', 'length'] },
  ],
  outputs: [
    { name: 'y', type: 'float32', shape: ['batch', 2] },
    { name: 'z', type: 'int32', shape: ['batch', 'length'] },
  ],
  maxLength: 4,
  classes: [
    { name: 'web', number: 1 },
    { name: 'batch', number: 3 },
  ],
}
