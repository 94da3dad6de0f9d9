import { describe, expect, test } from 'vitest'
import type { TensorType } from '../../scenarios/index.ts'
import { npyBytes } from './npy.test-helper.ts'
import { parseNpy } from './npy.ts'

const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"

describe('npy files', () => {
  // written by numpy 2: numpy.save(file, numpy.array([[1, 2, 3], [4, 5, 6]], dtype=numpy.int16))
  const SAVED =
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9' +
    `${'ICAg'.repeat(19)}IAoBAAIAAwAEAAUABgA=`

  test('of numpy are read', () => {
    const { type, shape, data } = parseNpy(Buffer.from(SAVED, 'base64'))
    expect([type, shape, [...(data as Int16Array)]]).toEqual(['int16', [2, 3], [1, 2, 3, 4, 5, 6]])
  })

  test.each<[string, TensorType, number, number[]]>([
    ['<f4', 'float32', 4, [0, 0, 192, 63]],
    ['<f8', 'float64', 8, [0, 0, 0, 0, 0, 0, 248, 63]],
    ['<f2', 'float16', 2, [0, 62]],
    ['<i8', 'int64', 8, [1, 0, 0, 0, 0, 0, 0, 0]],
    ['<u8', 'uint64', 8, [1, 0, 0, 0, 0, 0, 0, 0]],
    ['<i4', 'int32', 4, [1, 0, 0, 0]],
    ['<u4', 'uint32', 4, [1, 0, 0, 0]],
    ['<u2', 'uint16', 2, [1, 0]],
    ['|i1', 'int8', 1, [1]],
    ['|u1', 'uint8', 1, [1]],
    ['|b1', 'bool', 1, [1]],
  ])('%s is %s', (descr, type, width, bytes) => {
    for (const version of [1, 2, 3]) {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (1,), }`
      const array = parseNpy(npyBytes(header, Buffer.from(bytes), version))
      expect([array.type, array.shape, array.data.byteLength]).toEqual([type, [1], width])
      const known = { float16: 0x3e00, float32: 1.5, float64: 1.5 } as Record<string, number>
      expect(Number(array.data[0])).toBe(known[type] ?? 1)
    }
  })

  test('a scalar has no axes', () => {
    const header = HEADER.replace('(2, 3)', '()')
    expect(parseNpy(npyBytes(header, Buffer.alloc(4))).shape).toEqual([])
  })

  const data = Buffer.alloc(24)
  test.each([
    ['text', Buffer.from('a,b\n1,2 and more'), 'another kind of file; write it with numpy.save'],
    ['nothing', Buffer.alloc(0), 'another kind of file; write it with numpy.save'],
    ['a later version', npyBytes(HEADER, data, 4), 'a .npy file of version 4, not 1–3'],
    [
      'too few bytes',
      npyBytes(HEADER, data.subarray(1)),
      'expected 24 bytes of data for shape (2, 3), got 23',
    ],
    [
      'too many bytes',
      npyBytes(HEADER, Buffer.alloc(28)),
      'expected 24 bytes of data for shape (2, 3), got 28',
    ],
    ['Fortran order', npyBytes(HEADER.replace('False', 'True'), data), 'numpy.ascontiguousarray'],
    ['big-endian values', npyBytes(HEADER.replace('<f4', '>f4'), data), "x.astype('<f4')"],
    ['text values', npyBytes(HEADER.replace('<f4', '<U8'), data), 'values of <U8; allowed are <f4'],
    ['objects', npyBytes(HEADER.replace('<f4', '|O'), data), 'values of |O; allowed are <f4'],
    [
      'fields',
      npyBytes(HEADER.replace("'<f4'", "[('a', '<f4')]"), data),
      'values of several fields',
    ],
    ['a cut header', npyBytes(HEADER.slice(0, 30), data), 'a damaged header'],
  ])('%s is refused', (_, bytes, problem) => {
    expect(() => parseNpy(bytes)).toThrow(problem)
  })
})
