export const v8Flags: string[];
export const mallocSettings: Record<string, string>;
export function launch(args: string[]): void;
