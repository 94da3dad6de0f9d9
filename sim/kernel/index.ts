export { EventHeap } from './event-heap.ts'
export { Random, stream } from './random.ts'
