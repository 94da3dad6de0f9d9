export { EventHeap } from './event-heap.ts'
export { hashedNormal, hashedUniform } from './hashed-random.ts'
export { KeyedHeap } from './keyed-heap.ts'
export { Random, stream } from './random.ts'
