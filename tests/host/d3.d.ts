declare module 'd3';
