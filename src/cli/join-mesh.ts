import type { MeshNode } from "../index.ts";
import type { Arguments } from "./command.ts";

/**
 * The node that the flags describe, once it has its place in the mesh: for one question. It is the caller's to close. What
 * runs a node is loaded now and not before, so that a command that only asks, or is only explained, starts quickly.
 *
 * @throws {StartError} It has not found its place in time. What `createNode` throws.
 */
export async function joinMesh(
  given: Arguments,
  signal: AbortSignal,
  { isKept }: { readonly isKept: boolean } = { isKept: true },
): Promise<MeshNode> {
  const { createFrom, settle } = await import("./running-node.ts");
  const node = await createFrom(given, { isKept });
  try {
    await settle(node, given, signal);
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}
