/** Instances of one shape: filled anew in every frame, drawn in one call, and not at all when there are none. */

import * as three from 'three'

export class Part {
  readonly mesh: three.InstancedMesh
  readonly #max: number
  #count = 0

  constructor(shape: three.BufferGeometry, max: number, material: three.Material) {
    this.#max = max
    this.mesh = new three.InstancedMesh(shape, material, max)
    this.mesh.instanceMatrix.setUsage(three.DynamicDrawUsage)
    this.mesh.instanceColor = new three.InstancedBufferAttribute(new Float32Array(max * 3).fill(1), 3)
    this.mesh.instanceColor.setUsage(three.DynamicDrawUsage)
    // They are all around whoever looks: to find out which are in sight costs more than to draw them.
    this.mesh.frustumCulled = false
    this.mesh.visible = false
  }

  /** Begin anew. */
  clear(): void {
    this.#count = 0
  }

  /** One more at `matrix`; what is beyond the room is left out. */
  add(matrix: three.Matrix4, colour: three.Color): void {
    if (this.#count === this.#max) return
    matrix.toArray(this.mesh.instanceMatrix.array, this.#count * 16)
    colour.toArray(this.mesh.instanceColor!.array, this.#count * 3)
    this.#count += 1
  }

  /** What was added is what is drawn. */
  done(): void {
    const { mesh } = this
    mesh.count = this.#count
    mesh.visible = this.#count > 0
    for (const [attribute, size] of [[mesh.instanceMatrix, 16], [mesh.instanceColor!, 3]] as const) {
      attribute.clearUpdateRanges()
      attribute.addUpdateRange(0, this.#count * size)
      attribute.needsUpdate = true
    }
  }
}
