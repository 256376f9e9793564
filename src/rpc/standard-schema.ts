/**
 * What schema libraries have agreed on (Standard Schema, version 1, standardschema.dev): zod, valibot, arktype and many
 * others have it, so none of them is needed here. Written out, so that it costs no dependency.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A schema whose types nobody asks for. */
// biome-ignore lint/suspicious/noExplicitAny: any schema is one, whatever it takes and gives.
export type AnySchema = StandardSchema<any, any>;

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaFault[] };

/** One thing that is wrong, as the library says it. */
export interface SchemaFault {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What may be given to a schema. */
export type InputOf<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["input"];

/** What comes out of a schema. */
export type OutputOf<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["output"];
